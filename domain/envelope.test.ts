import { describe, expect, it } from 'vitest';
import { type Envelope, ruledIntent } from './envelope.ts';

const said = (...intents: (string | undefined)[]): Envelope[] =>
  intents.map((intent, index) => ({
    number: index + 1,
    messageId: `m${index}`,
    platformId: `${index}`,
    kind: 'text',
    hasText: true,
    locale: 'ru',
    correlationId: 'c',
    ...(intent === undefined ? {} : { intent }),
  }));

describe('the intent of a turn by rules', () => {
  it('is the last that says anything', () => {
    expect(ruledIntent(said('lead', 'answer', 'unknown', 'smalltalk'))).toBe('answer');
    expect(ruledIntent(said('unknown', 'smalltalk'))).toBe('smalltalk');
  });

  it('is left to a model when rules have not looked at every message', () => {
    expect(ruledIntent(said('lead', undefined))).toBeUndefined();
    expect(ruledIntent(said())).toBeUndefined();
  });
});
