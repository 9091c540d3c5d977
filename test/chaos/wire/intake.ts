import { type HttpProxy, openHttpProxy } from './http.ts';
import type { Tracker } from './tracker.ts';

interface Update {
  message?: { chat?: { id?: number } };
  edited_message?: { chat?: { id?: number } };
  callback_query?: { id?: string; message?: { chat?: { id?: number } } };
}

/** The platform's way to the webhook. An answer is held after the update was stored: the platform was not told. */
export function openIntakeProxy(
  target: string,
  tracker: Tracker,
  pressed: (callbackId: string, chat: number) => void,
): Promise<HttpProxy> {
  return openHttpProxy(target, async ({ path, body }) => {
    if (!path.startsWith('/webhooks/')) return undefined;
    const update: Update = JSON.parse(body.toString('utf8'));
    const { callback_query: press } = update;
    const chat = (update.message ?? update.edited_message ?? press?.message)?.chat?.id;
    if (chat === undefined) return undefined;
    if (press?.id) pressed(press.id, chat);
    const begun = tracker.beginIntake(chat, 'platform update', '');
    return (
      begun && {
        async after(gone) {
          if (await begun.untold(gone)) throw new Error('Whoever would have answered was killed.');
        },
      }
    );
  });
}
