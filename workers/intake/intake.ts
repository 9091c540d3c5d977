import type { Logger } from '../../config/logger.ts';
import type { StoreResult, UpdateToStore } from '../../db/queries/intake.ts';
import { isValueRefused } from '../../db/unavailable.ts';
import { chooseLocale, detectLanguage } from '../../domain/language.ts';
import type { ParsedUpdate } from '../../domain/message.ts';
import { normalisePhone } from '../../domain/phone.ts';
import { storable } from '../../domain/storable.ts';
import type { Account } from '../accounts.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { IntakeState } from './state.ts';
import type { Store } from './store.ts';

export interface IntakeDependencies {
  store: Pick<Store, 'store'>;
  guard: IntakeState['guard'];
  dispatcher: Pick<Dispatcher, 'nudge'>;
  log: Logger;
  count(outcome: string, account: Account): void;
}

export type Accepted = 'stored' | 'duplicate' | 'ignored';

type Message = Extract<ParsedUpdate, { kind: 'message' }>;

/** A message that came by another way than the platform's own. */
export interface Forwarded {
  message: Message;
  /** The forwarder's own name for it, unique in the channel. */
  externalId: string;
  /** As it came. */
  raw: Record<string, unknown>;
}

/**
 * Takes updates in: stored with their place in the conversation, then signalled. Resolves once the row is
 * committed, whatever the engine does; rejects only when it was not stored, so that the sender repeats it.
 */
export function createIntake({ store: { store }, guard, dispatcher, log, count }: IntakeDependencies) {
  async function take(
    account: Account,
    update: Pick<UpdateToStore, 'key' | 'raw' | 'correlationId'>,
    understood: ParsedUpdate,
  ): Promise<{ parsed: ParsedUpdate; stored: StoreResult }> {
    const about = { correlationId: update.correlationId, channel: account.settings.name, ...update.key };
    let parsed = understood;
    const attempt = () =>
      guard(() =>
        store({
          ...update,
          tenantId: account.tenantId,
          channelId: account.channelId,
          channel: account.channel.kind,
          parsed,
          locale: (chosen) => {
            const detected = parsed.kind === 'message' ? parsed.metadata.language : undefined;
            return {
              locale: chooseLocale({
                chosen: chosen ?? undefined,
                detected,
                languageCode: parsed.kind === 'ignored' ? undefined : parsed.sender.languageCode,
                fallback: account.tenant.defaultLocale,
              }),
              assumed: chosen === null && detected === undefined,
            };
          },
        }),
      );
    let stored: StoreResult;
    try {
      stored = await attempt();
    } catch (error) {
      if (!isValueRefused(error)) throw error;
      // Delivered again it would be refused again, and hold up its chat for a day.
      log.error(
        { ...about, err: error },
        'The database refuses a value of an update. It is kept as it came.',
      );
      parsed = UNREADABLE;
      stored = await attempt();
    }
    const outcome =
      parsed.kind === 'ignored' ? parsed.reason : stored.kind === 'duplicate' ? 'duplicate' : parsed.kind;
    count(outcome, account);
    log.info({ ...about, outcome }, 'update');
    if (stored.kind === 'message') dispatcher.nudge(stored.message.conversationId);
    return { parsed, stored };
  }

  return {
    /** What the platform delivered, in any shape. */
    async accept(
      account: Account,
      raw: { update_id: number } & Record<string, unknown>,
      correlationId: string,
    ): Promise<Accepted> {
      const update = storable(raw);
      const updateId = update.update_id;
      const read = readUpdate(account, update, (error) =>
        log.error(
          { correlationId, channel: account.settings.name, updateId, err: error },
          'An update could not be read. It is kept as it came.',
        ),
      );
      const { parsed, stored } = await take(account, { key: { updateId }, raw: update, correlationId }, read);
      if (stored.kind === 'duplicate') return 'duplicate';
      return parsed.kind === 'ignored' ? 'ignored' : 'stored';
    },

    /** What a forwarder brought. */
    async acceptForwarded(
      account: Account,
      { message, externalId, raw }: Forwarded,
      correlationId: string,
    ): Promise<StoreResult> {
      const read = understood(account, message);
      const { stored } = await take(account, { key: { externalId }, raw, correlationId }, read);
      return stored;
    },
  };
}

const UNREADABLE: ParsedUpdate = { kind: 'ignored', reason: 'unknown_shape' };

/** Never throws: what cannot be read is stored like any other unknown shape. */
function readUpdate(account: Account, update: unknown, onError: (error: unknown) => void): ParsedUpdate {
  try {
    return understood(account, account.channel.parse(update));
  } catch (error) {
    onError(error);
    return UNREADABLE;
  }
}

/** Adds what the product's own rules read: the language of the text, a shared number in E.164. */
function understood(account: Account, parsed: ParsedUpdate): ParsedUpdate {
  if (parsed.kind !== 'message') return parsed;
  const { metadata } = parsed;
  const language = parsed.contentType === 'text' ? detectLanguage(parsed.content) : undefined;
  const phone = metadata.contact && normalisePhone(metadata.contact.phone, account.tenant.country);
  return {
    ...parsed,
    metadata: {
      ...metadata,
      ...(language ? { language } : {}),
      ...(metadata.contact && phone && 'e164' in phone
        ? { contact: { ...metadata.contact, phone: phone.e164 } }
        : {}),
    },
  };
}
