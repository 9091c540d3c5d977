import { Api } from 'grammy';
import { Agent, type Dispatcher } from 'undici';
import type { SendAttempt } from '../../domain/outbound.ts';
import type { Channel, ChannelCapabilities } from '../channel/contract.ts';
import { createAdmin, type TelegramAdmin } from './admin.ts';
import { type ApiSignal, withDeadline } from './deadline.ts';
import { createEvidence } from './evidence.ts';
import { classifyTelegram, toSendAttempt } from './outcome.ts';
import { parseUpdate } from './parse.ts';
import { toChatId, toSendMessage } from './payload.ts';
import { createFetch } from './transport.ts';

export interface TelegramOptions {
  token: string;
  /** Address of the Bot API, without the token: `https://api.telegram.org`, or a stand-in. */
  apiRoot: string;
  /** Longest wait for an answer; a long poll waits its own time on top. */
  timeoutMs: number;
  /** For an egress proxy. Must neither retry nor follow redirects. */
  dispatcher?: Dispatcher;
  /** Tells when a button was pressed, which Telegram does not. */
  now?: () => Date;
}

const CAPABILITIES: ChannelCapabilities = {
  maxTextUnits: 4096,
  maxButtonDataBytes: 64,
  formatting: true,
  typing: true,
  requestContact: true,
};

/** Longest notice over a chat when a button is acknowledged. */
const MAX_NOTICE_UNITS = 200;
const MAX_CONNECT_MS = 10_000;

/** Answers that mean the wish is fulfilled, or came too late to matter. */
const ALREADY_SO = /message is not modified/i;
const TOO_LATE = /query is too old|query id is invalid/i;

/**
 * A bot account on Telegram over grammY's client. Every call is made once: repeating is the caller's decision.
 * The bot's own name, which decides about `/command@name`, is known after the first `getMe`.
 */
export function createTelegramChannel(options: TelegramOptions): Channel & TelegramAdmin {
  const { token, timeoutMs, now = () => new Date() } = options;
  const own = options.dispatcher
    ? undefined
    : new Agent({ connect: { timeout: Math.min(timeoutMs, MAX_CONNECT_MS) } });
  const api = new Api(token, {
    apiRoot: options.apiRoot.replace(/\/+$/, ''),
    fetch: createFetch(options.dispatcher ?? (own as Agent)),
    // The deadlines here are shorter; grammY's own would hide whether the request was written.
    timeoutSeconds: 3600,
  });
  const admin = createAdmin(api, timeoutMs);
  let botUsername: string | undefined;

  const bestEffort = async (
    signal: AbortSignal,
    harmless: RegExp | undefined,
    call: (signal: ApiSignal) => Promise<unknown>,
  ): Promise<void> => {
    try {
      await withDeadline(signal, timeoutMs, call);
    } catch (error) {
      const failure = classifyTelegram(error);
      if (!harmless?.test(failure.message)) throw failure;
    }
  };

  return {
    ...admin,
    kind: 'telegram',
    capabilities: CAPABILITIES,
    evidence: createEvidence(api, timeoutMs),

    parse: (update) => parseUpdate(update, { botUsername, now: now() }),

    async send(chatId, chunk, signal): Promise<SendAttempt> {
      try {
        const message = await withDeadline(signal, timeoutMs, (s) =>
          api.raw.sendMessage(toSendMessage(chatId, chunk), s),
        );
        if (Number.isSafeInteger(message?.message_id))
          return { kind: 'sent', channelMessageId: String(message.message_id) };
        return { kind: 'unknown', description: 'The Bot API accepted the message without naming its id.' };
      } catch (error) {
        return toSendAttempt(error);
      }
    },

    typing: (chatId, signal) =>
      bestEffort(signal, undefined, (s) =>
        api.raw.sendChatAction({ chat_id: toChatId(chatId), action: 'typing' }, s),
      ),

    acknowledgeButton: (callbackId, notice, signal) =>
      bestEffort(signal, TOO_LATE, (s) =>
        api.answerCallbackQuery(callbackId, notice ? { text: shorten(notice) } : {}, s),
      ),

    removeButtons: (chatId, channelMessageId, signal) =>
      bestEffort(signal, ALREADY_SO, (s) =>
        api.raw.editMessageReplyMarkup(
          { chat_id: toChatId(chatId), message_id: Number(channelMessageId) },
          s,
        ),
      ),

    async getMe(signal) {
      const me = await admin.getMe(signal);
      botUsername = me.username;
      return me;
    },

    async close() {
      await own?.destroy();
    },
  };
}

/** Never ends with half a surrogate pair, which the Bot API refuses. */
const shorten = (notice: string): string =>
  notice.length <= MAX_NOTICE_UNITS
    ? notice
    : `${notice.slice(0, MAX_NOTICE_UNITS - 1).replace(/[\ud800-\udbff]$/, '')}…`;
