import { createHash } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import { channels } from '../../db/schema/index.ts';
import { LOCALES, type Locale } from '../../domain/locale.ts';
import { say } from '../../domain/texts/catalogue.ts';
import { BUILT_IN_COMMANDS } from '../../workflows/conversation/commands.ts';
import { commandOf, type ProcessDefinition } from '../../workflows/kit/definition.ts';
import type { Account } from '../accounts.ts';

export interface AnnounceOptions {
  account: Account;
  db: Database;
  log: Logger;
  processes: readonly ProcessDefinition[];
  /** Where Telegram reaches this installation. Without it no webhook is set: any other address would be wrong. */
  publicUrl: string | undefined;
  signal: AbortSignal;
}

/** Where this installation takes a channel's updates, under its public address. */
export const webhookPath = (channel: string): string => `/webhooks/telegram/${channel}`;

/**
 * Tells Telegram who we are and where: commands menu in three languages, webhook only if it differs.
 * What Telegram answered goes to the log. Rejects when Telegram refuses or cannot be reached.
 */
export async function announce(options: AnnounceOptions): Promise<void> {
  const { account, db, log, processes, publicUrl, signal } = options;
  const { channel, settings, channelId } = account;
  const me = await channel.getMe(signal);
  log.info({ channel: settings.name, bot: me.username, botId: me.id }, 'Telegram knows this bot.');
  await channel.setCommands(
    Object.fromEntries(LOCALES.map((locale) => [locale, menu(locale, processes)])),
    account.tenant.defaultLocale,
    signal,
  );
  const [row] = await db
    .select({ account: channels.account })
    .from(channels)
    .where(eq(channels.id, channelId));
  const secretHash = hash(settings.webhookSecret ?? '');
  if (settings.mode === 'polling') {
    await channel.deleteWebhook(signal);
  } else if (settings.webhookSecret === undefined || publicUrl === undefined) {
    log.warn(
      { channel: settings.name },
      'No webhook was set: PUBLIC_URL is missing. Telegram delivers only where a webhook was set before.',
    );
  } else {
    const { changed, info } = await channel.ensureWebhook(
      {
        url: `${publicUrl}${webhookPath(settings.name)}`,
        secret: settings.webhookSecret,
        secretChanged: row?.account?.webhookSecret !== secretHash,
      },
      signal,
    );
    log.info(
      {
        channel: settings.name,
        changed,
        url: info.url,
        pending: info.pending_update_count,
        lastError: info.last_error_message,
      },
      'Webhook.',
    );
  }
  await db
    .update(channels)
    .set({ account: { id: me.id, username: me.username, webhookSecret: secretHash } })
    .where(eq(channels.id, channelId));
}

/** The bot's menu: what processes offer first, then the conversation's own commands. */
function menu(locale: Locale, processes: readonly ProcessDefinition[]) {
  return [
    ...processes.flatMap((process) => {
      const command = commandOf(process);
      return command === undefined ? [] : [{ command, description: process.title[locale] }];
    }),
    ...BUILT_IN_COMMANDS.map((command) => ({ command, description: say(locale, `command.${command}`) })),
  ];
}

const hash = (text: string) => createHash('sha256').update(text).digest('base64url');
