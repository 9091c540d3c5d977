import type { Settings } from '../../config/settings.ts';
import { redactSecrets } from '../../domain/redact.ts';
import { judgeWebhook, type WebhookPast, type WebhookVerdict } from '../../domain/webhook-health.ts';
import type { Account } from '../accounts.ts';
import { webhookPath } from '../intake/announce.ts';

type WebhookInfo = Awaited<ReturnType<Account['channel']['webhookInfo']>>;

/** What is wrong with the webhook of a channel, by what Telegram tells now and told before. */
export const judge = (
  info: WebhookInfo,
  channel: string,
  { publicUrl, pendingLimit }: Pick<Settings, 'publicUrl'> & { pendingLimit: number },
  { now, pendingBefore = [], ...past }: WebhookPast & { now: number; pendingBefore?: readonly number[] },
): WebhookVerdict =>
  judgeWebhook(
    {
      url: info.url ?? '',
      pending: info.pending_update_count,
      pendingBefore,
      lastErrorAt: info.last_error_date === undefined ? undefined : info.last_error_date * 1000,
      lastError: redactSecrets(info.last_error_message ?? ''),
    },
    { channel, path: webhookPath(channel), publicUrl, pendingLimit },
    past,
    now,
  );
