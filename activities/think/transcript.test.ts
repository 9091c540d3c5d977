import { describe, expect, it } from 'vitest';
import { estimateTokens } from '../../domain/tokens.ts';
import { fittingContext } from './transcript.ts';

type Said = Parameters<typeof fittingContext>[0][number];

const said = (id: string, direction: Said['direction'], content: string, over: Partial<Said> = {}): Said => ({
  id,
  direction,
  content,
  contentType: 'text',
  metadata: {},
  ...over,
});
const from = (id: string, content = `question ${id}`) => said(id, 'inbound', content);
const bot = (id: string, content = `answer ${id}`) => said(id, 'outbound', content);
/** As they were said; the function takes them newest first. */
const context = (messages: Said[], own: string[], tokens = 2_000) =>
  fittingContext(messages.toReversed(), own, tokens).map(({ role, content }) => `${role}: ${content}`);

describe('what a model is told of the talk before a turn', () => {
  it('is in order, with who said it, and without the turn itself', () => {
    expect(context([from('1'), bot('2'), from('3'), bot('4'), from('5'), from('6')], ['5', '6'])).toEqual([
      'user: question 1',
      'assistant: answer 2',
      'user: question 3',
      'assistant: answer 4',
    ]);
  });

  it('is the newest whole messages that fit, without a hole', () => {
    const long = 'слово '.repeat(100);
    const messages = [from('1', 'short'), bot('2', long), from('3'), bot('4'), from('5')];
    const kept = ['user: question 3', 'assistant: answer 4'];
    const all = [...kept, `assistant: ${long}`].reduce((sum, text) => sum + estimateTokens(text), 0);
    expect(context(messages, ['5'], 30)).toEqual(kept);
    // What came before the long one stays out although it would fit.
    expect(context(messages, ['5'], all - 20)).toEqual(kept);
    expect(context(messages, ['5'], all + 50)).toHaveLength(4);
  });

  it('never exceeds its budget, in any language', () => {
    for (const text of [
      'delivery on Friday ',
      'доставка в пятницу ',
      'жұма күні жеткізу ',
      '🚚🎉 ',
      '7700 ',
    ]) {
      const messages = Array.from({ length: 30 }, (_, n) => from(String(n), text.repeat(n + 1)));
      const kept = fittingContext(messages.toReversed(), [], 500);
      const tokens = kept.reduce((sum, { content }) => sum + estimateTokens(content), 0);
      expect(tokens, text).toBeLessThanOrEqual(500);
      // And makes use of it.
      expect(tokens, text).toBeGreaterThan(200);
      expect(kept.at(-1)?.content).toBe(messages.at(-1)?.content);
    }
  });

  it('leaves what the customer wrote later to the next turn, and keeps what the bot said meanwhile', () => {
    const messages = [from('1'), from('2'), bot('3', 'answer to 1'), from('4', 'the turn after')];
    expect(context(messages, ['2'])).toEqual(['user: question 1', 'assistant: answer to 1']);
  });

  it('names what cannot be read, and spends nothing on what says nothing', () => {
    const messages = [
      said('1', 'inbound', '', { contentType: 'sticker' }),
      said('2', 'inbound', 'the sofa', { contentType: 'photo' }),
      said('3', 'inbound', 'Айгүл', { contentType: 'contact' }),
      from('4'),
    ];
    expect(context(messages, ['4'])).toEqual([
      'user: [photo, not readable here] the sofa',
      'user: [shared a contact]',
    ]);
  });
});
