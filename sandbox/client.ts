import type { Entity, EntityKind, TimelineComment } from './bitrix24/portal.ts';
import type { RateLimit } from './bitrix24/server.ts';
import { type Ask, askAt, query } from './client/http.ts';
import { MischiefClient } from './client/mischief.ts';
import { TelegramClient } from './client/telegram.ts';
import type { SandboxUrls } from './index.ts';
import type { JournalEntry } from './mischief/journal.ts';
import type { ServiceName } from './mischief/rule.ts';
import type { ModelRequestRecord } from './model/requests.ts';

export type { Entity, TimelineComment } from './bitrix24/portal.ts';
export { faults } from './client/mischief.ts';
export { printTranscript } from './client/print.ts';
export type { BotView, Sent, SentFile, Transcript, WaitOptions } from './client/telegram.ts';
export { bitrixWebhookUrl, providerUrls, SANDBOX_DEFAULTS } from './defaults.ts';
export type { SandboxUrls } from './index.ts';
export type { JournalEntry } from './mischief/journal.ts';
export type { HeldCall, ListedRule, MischiefRule, ServiceName } from './mischief/rule.ts';
export type { ModelRequestRecord } from './model/requests.ts';
export type { SendLimits } from './telegram/limits.ts';
export type { TranscriptButton, TranscriptEvent, TranscriptMessage } from './telegram/transcript.ts';

interface Seed {
  /** New (camelCase) names: `title`, `stageId`, `originId`, … */
  fields?: Record<string, unknown>;
  phones?: string[];
  emails?: string[];
}

/** The CRM from inside; nothing here counts against its rate limit. */
class BitrixClient {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  entities(kind: EntityKind): Promise<Entity[]> {
    return this.#ask('GET', `/bitrix24/entities/${kind}`);
  }

  leads(): Promise<Entity[]> {
    return this.entities('lead');
  }

  contacts(): Promise<Entity[]> {
    return this.entities('contact');
  }

  comments(): Promise<TimelineComment[]> {
    return this.#ask('GET', '/bitrix24/comments');
  }

  /** Waits until there are at least so many; returns what there is when time is up (10 s). */
  waitForEntities(kind: EntityKind, least: number, timeoutMs = 10_000): Promise<Entity[]> {
    return this.#ask('GET', `/bitrix24/entities/${kind}${query({ least, wait: timeoutMs })}`);
  }

  seed(kind: EntityKind, seed: Seed): Promise<Entity> {
    return this.#ask('POST', `/bitrix24/entities/${kind}`, seed);
  }

  /** `NEW`, `IN_PROCESS`, `PROCESSED`; `CONVERTED` wins and `JUNK` loses a lead. */
  setStage(kind: 'lead' | 'deal', id: number, stageId: string): Promise<Entity> {
    return this.#ask('PATCH', `/bitrix24/entities/${kind}/${id}`, { stageId });
  }

  seedCall(row: Record<string, unknown>): Promise<{ id: number }> {
    return this.#ask('POST', '/bitrix24/calls', row);
  }

  seedActivity(row: Record<string, unknown>): Promise<{ id: number }> {
    return this.#ask('POST', '/bitrix24/activities', row);
  }

  /** Sets the leaky bucket and empties it; null switches it off. */
  limit(limit: RateLimit | null): Promise<unknown> {
    return this.#ask('PUT', '/bitrix24/limit', limit);
  }
}

class LlmClient {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Requests that models received, oldest first; waits for the first one when told to. */
  requests({ after, wait }: { after?: number; wait?: number } = {}): Promise<ModelRequestRecord[]> {
    return this.#ask('GET', `/llm/requests${query({ after, wait })}`);
  }

  clearRequests(): Promise<unknown> {
    return this.#ask('DELETE', '/llm/requests');
  }

  /** Ollama: how long loading a model takes, and whether all are to be unloaded now. */
  models(options: { loadMs?: number; unloadAll?: boolean }): Promise<unknown> {
    return this.#ask('PUT', '/llm/models', options);
  }
}

interface CallFilter {
  service?: ServiceName;
  method?: string;
  chat?: string | number;
  /** Only those after this `seq`. */
  after?: number;
  /** Waits so long for the first one, ms. */
  wait?: number;
}

/** Everything that can be done to and seen of a running sandbox. */
export interface SandboxClient {
  telegram: TelegramClient;
  bitrix: BitrixClient;
  llm: LlmClient;
  mischief: MischiefClient;
  /** Requests that the services received, oldest first. */
  calls(filter?: CallFilter): Promise<JournalEntry[]>;
  clearCalls(): Promise<unknown>;
  urls(): Promise<SandboxUrls>;
  /** Forgets chats, CRM objects, requests and rules. */
  reset(): Promise<unknown>;
}

/** A client of the control API at this address. */
export function createSandboxClient(controlUrl: string): SandboxClient {
  const ask = askAt(controlUrl);
  return {
    telegram: new TelegramClient(ask),
    bitrix: new BitrixClient(ask),
    llm: new LlmClient(ask),
    mischief: new MischiefClient(ask),
    calls: (filter = {}) => ask('GET', `/calls${query({ ...filter })}`),
    clearCalls: () => ask('DELETE', '/calls'),
    urls: () => ask('GET', '/urls'),
    reset: () => ask('POST', '/reset', {}),
  };
}
