import { setTimeout as sleep } from 'node:timers/promises';
import type { Governor } from '../../activities/send/governor.ts';
import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import { type AlarmRow, markTold, postponeNotice, untoldAlarms } from '../../db/queries/alarms.ts';
import { render } from '../../domain/format/render.ts';
import type { Locale } from '../../domain/locale.ts';
import { clearedNotice, raisedNotice } from '../../domain/texts/alarm-sentence.ts';
import type { Account } from '../accounts.ts';

export interface NoticesOptions {
  db: Database;
  /** The bot that tells; the chat must know it. */
  account: Account;
  chatId: string;
  governor: Governor;
  locale(tenantId: string): Locale;
  log: Logger;
}

const BATCH = 10;
/** How often it is looked whether somebody has to be told; sooner where alarms are looked for more often. */
export const NOTICE_MS = 5_000;
const SEND_MS = 8_000;
const PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 10 * 60_000;

/**
 * Tells the people on call, the alarm before its all-clear. Other than a message to a customer, a notice of which
 * nobody can say whether it arrived is told again: twice is a nuisance here, never is a night of silence.
 * Nothing is given up: what does not arrive comes again with growing pauses.
 */
export function createNotices(options: NoticesOptions) {
  const { db, account, chatId, governor, log } = options;
  const target = { tenantId: account.tenantId, channelId: account.channelId, chatId };

  function words(alarm: AlarmRow): string {
    const locale = options.locale(alarm.tenantId);
    if (alarm.raiseToldAt === null) return raisedNotice(locale, alarm);
    const until = alarm.clearedAt ?? alarm.raisedAt;
    return clearedNotice(locale, alarm, until.getTime() - alarm.raisedAt.getTime());
  }

  /** Whether the chat has it; otherwise it is put off. */
  async function tell(alarm: AlarmRow): Promise<boolean> {
    const [chunk] = render({ text: words(alarm), format: 'plain' }, account.channel.capabilities);
    if (!chunk) return true;
    const attempt = await account.channel.send(chatId, chunk, AbortSignal.timeout(SEND_MS));
    if (attempt.kind === 'sent') {
      await markTold(db, alarm.id, alarm.raiseToldAt === null ? 'raise' : 'clear');
      return true;
    }
    const pauseMs =
      attempt.kind === 'rate_limited'
        ? attempt.retryAfterMs
        : Math.min(PAUSE_MS * 2 ** Math.min(alarm.tries, 10), MAX_PAUSE_MS);
    const error = attempt.kind === 'rate_limited' ? 'The platform asked to wait.' : attempt.description;
    if (attempt.kind === 'rate_limited') await governor.pause(target, pauseMs);
    await postponeNotice(db, alarm.id, pauseMs, error);
    log.warn({ alarmId: alarm.id, tries: alarm.tries + 1, error }, 'The alarm could not be told.');
    return false;
  }

  return {
    /** Tells what is due; stops at the first that does not arrive. */
    async run(signal: AbortSignal): Promise<void> {
      for (const alarm of await untoldAlarms(db, BATCH)) {
        const waitMs = await governor.take(target);
        if (waitMs > governor.patienceMs) return;
        if (waitMs > 0) await sleep(waitMs, undefined, { signal });
        if (signal.aborted || !(await tell(alarm))) return;
      }
    },
  };
}
