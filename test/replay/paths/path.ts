import type { Settings } from '../../../config/settings.ts';
import type { Chat } from '../../support/chat.ts';
import { eventually } from '../../support/eventually.ts';
import type { Product } from '../../support/stack.ts';

/** A way through the product whose histories are worth keeping. */
export interface RecordedPath {
  /** Names the file. Kept when the path stays what it is. */
  name: string;
  timing?: Partial<Settings['timing']>;
  /** Runs while nothing else does: it disturbs a service that others use. */
  alone?: boolean;
  walk(chat: Chat, product: Product): Promise<unknown>;
}

export const ORDER = 'Хочу заказать кухню на заказ, меня зовут Анна';
export const COMPLETE_ORDER = 'Хочу купить шкаф, меня зовут Пётр, телефон +7 701 222 33 44';
export const PHONE = '8 701 123 45 67';
export const QUESTION = 'Сколько стоит доставка по городу?';

export const leadEnded = (chat: Chat) =>
  eventually('the lead to end', async () =>
    (await chat.runs()).some((r) => r.processId === 'lead' && r.endedAt !== null),
  );
