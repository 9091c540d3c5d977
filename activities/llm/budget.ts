import type { ModelEntry, ModelPrice } from '../../config/llm.ts';
import type { CallContext, ProviderRequest, Usage } from './contract.ts';
import { withDeadline } from './deadline.ts';
import { LlmError } from './errors.ts';
import { costOf } from './price.ts';

/** The most that a call can use: what is reserved for it before it is made. */
export interface CallSize {
  promptTokens: number;
  completionTokens: number;
}

export interface BudgetAsk {
  context: CallContext;
  /** Millionths of the currency unit; null where the price is not known. */
  micros: number | null;
  tokens: number;
  /** After this the call is over for certain, or its worker dead. */
  ttlMs: number;
}

/** What was set aside for one call. `settle` is called once, with what it has cost. */
export interface BudgetGrant {
  settle(spent: { micros: number; tokens: number }): Promise<void>;
}

/** Limits on what models cost, shared by all workers. */
export interface LlmBudgets {
  /** Whether any limit is for calls of this kind. */
  limits(context: CallContext): boolean;
  /** Sets the most aside that a call can cost, or names the budget that has not that much left. */
  reserve(ask: BudgetAsk): Promise<BudgetGrant | { refused: string }>;
}

/** Longest answer of a model that nobody has limited, where a budget has to know beforehand. */
const LIMITED_OUTPUT = 4_000;
/** What a server adds around a message, in tokens, and then some. */
const PER_MESSAGE = 16;
const PER_IMAGE = 6_000;
const CHECK_MS = 5_000;

/** A request whose answer has a limit, so that its cost has one. */
export const limited = (request: ProviderRequest, model: ModelEntry): ProviderRequest => ({
  ...request,
  maxTokens: request.maxTokens ?? model.maxTokens ?? LIMITED_OUTPUT,
});

/** No tokeniser makes more tokens than there are bytes; the schema may be sent twice. */
export function sizeOf({
  messages,
  schema,
  images = [],
  maxTokens = LIMITED_OUTPUT,
}: ProviderRequest): CallSize {
  const said = messages.reduce((sum, { content }) => sum + bytes(content) + PER_MESSAGE, 0);
  const shape = schema === undefined ? 0 : 2 * bytes(JSON.stringify(schema.json)) + 200;
  return { promptTokens: said + shape + images.length * PER_IMAGE, completionTokens: maxTokens };
}

export const sizeOfTexts = (texts: readonly string[]): CallSize => ({
  promptTokens: texts.reduce((sum, text) => sum + bytes(text) + PER_MESSAGE, 0),
  completionTokens: 0,
});

const bytes = (text: string): number => Buffer.byteLength(text);
const tokensOf = ({ promptTokens, completionTokens }: Usage): number => promptTokens + completionTokens;

/** Money and tokens set aside for one call. */
export interface Held {
  /** It was answered. An answer that does not say what it used has used all. */
  used(usage: Usage): Promise<void>;
  /** It was not answered; `billed` when it may have to be paid for all the same. */
  lost(billed: boolean): Promise<void>;
}

/**
 * Sets aside what a call can cost.
 * @throws LlmError of kind `over_budget` when that is not there, or cannot be found out.
 */
export async function hold(
  budgets: LlmBudgets,
  call: { provider: string; key: string; context: CallContext; price: ModelPrice | undefined; ttlMs: number },
  size: CallSize,
  signal: AbortSignal,
): Promise<Held> {
  const { provider, key, context, price, ttlMs } = call;
  const most = { micros: costOf(price, size), tokens: tokensOf(size) };
  const failed = (why: string) =>
    new LlmError({
      provider,
      class: 'refused',
      kind: 'over_budget',
      unsent: true,
      message: `${key} is not asked: ${why}.`,
    });
  const late = () => failed(`its budget could not be looked at within ${CHECK_MS} ms`);
  const granted = await withDeadline(signal, CHECK_MS, late, () =>
    budgets.reserve({ context, ...most, ttlMs }).catch(() => {
      throw failed('its budget could not be looked at');
    }),
  );
  if ('refused' in granted) {
    throw failed(
      most.micros === null
        ? `it has no price, and the budget ${granted.refused} is used up or one of money`
        : `the budget ${granted.refused} has not enough left for today`,
    );
  }
  const all = { micros: most.micros ?? 0, tokens: most.tokens };
  return {
    used: (usage) =>
      granted.settle(
        tokensOf(usage) === 0 ? all : { micros: costOf(price, usage) ?? 0, tokens: tokensOf(usage) },
      ),
    lost: (billed) => granted.settle(billed ? all : { micros: 0, tokens: 0 }),
  };
}
