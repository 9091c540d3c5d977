import type { LlmSettings, ModelPrice } from '../../config/llm.ts';
import type { LlmProvider, Usage } from './contract.ts';

const FREE: ModelPrice = { input: 0, output: 0 };

/** What a model costs: nothing at a local provider, undefined where nobody has said. Key: `provider/model`. */
export const priceOf = (
  prices: LlmSettings['prices'],
  key: string,
  { local }: Pick<LlmProvider, 'local'>,
): ModelPrice | undefined => (local ? FREE : Object.hasOwn(prices, key) ? prices[key] : undefined);

/** Millionths of the currency unit, or null without a price. What used no tokens cost nothing. */
export function costOf(
  price: ModelPrice | undefined,
  { promptTokens, completionTokens }: Usage,
): number | null {
  if (promptTokens + completionTokens === 0) return 0;
  if (price === undefined) return null;
  return Math.round((promptTokens * price.input + completionTokens * price.output) / 1_000_000);
}
