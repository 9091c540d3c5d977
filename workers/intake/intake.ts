import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import { storeUpdate } from '../../db/queries/intake.ts';
import { chooseLocale, detectLanguage } from '../../domain/language.ts';
import type { ParsedUpdate } from '../../domain/message.ts';
import { normalisePhone } from '../../domain/phone.ts';
import { storable } from '../../domain/storable.ts';
import type { Account } from '../accounts.ts';
import type { Dispatcher } from './dispatcher.ts';

export interface IntakeDependencies {
  db: Database;
  dispatcher: Pick<Dispatcher, 'nudge'>;
  log: Logger;
  count(outcome: string, account: Account): void;
}

export type Accepted = 'stored' | 'duplicate' | 'ignored';

/**
 * Takes an update in: stored with its place in the conversation, then signalled. Returns once the row is
 * committed, whatever the engine does; throws only when it was not stored, so that the platform repeats it.
 */
export function createIntake({ db, dispatcher, log, count }: IntakeDependencies) {
  return async function accept(
    account: Account,
    raw: { update_id: number } & Record<string, unknown>,
    correlationId: string,
  ): Promise<Accepted> {
    const update = storable(raw);
    const parsed = understood(account, account.channel.parse(update));
    const stored = await storeUpdate(db, {
      tenantId: account.tenantId,
      channelId: account.channelId,
      channel: account.channel.kind,
      updateId: update.update_id,
      raw: update,
      parsed,
      correlationId,
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
    });
    const outcome =
      parsed.kind === 'ignored' ? parsed.reason : stored.kind === 'duplicate' ? 'duplicate' : parsed.kind;
    count(outcome, account);
    log.info(
      { correlationId, channel: account.settings.name, updateId: update.update_id, outcome },
      'update',
    );
    if (stored.kind === 'duplicate') return 'duplicate';
    if (stored.kind === 'message') dispatcher.nudge(stored.message.conversationId);
    return parsed.kind === 'ignored' ? 'ignored' : 'stored';
  };
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
