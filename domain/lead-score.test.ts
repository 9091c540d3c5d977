import { describe, expect, it } from 'vitest';
import { checkedScore, type LeadFacts, scoreByRules } from './lead-score.ts';

const FACTS: LeadFacts = { hasName: true, hasPhone: true, hasNeed: true, messagesIn: 5, messagesOut: 4 };
const NOTHING: LeadFacts = {
  hasName: false,
  hasPhone: false,
  hasNeed: false,
  messagesIn: 0,
  messagesOut: 0,
};
const calls = (answered: number, missed: number) => ({ answered, missed, seconds: answered * 60 });

describe('a lead scored by rules', () => {
  it('is worth more the more is known and said', () => {
    const score = (facts: LeadFacts) => scoreByRules(facts, 'ru').score;
    const rising = [
      NOTHING,
      { ...NOTHING, hasNeed: true },
      { ...FACTS, calls: calls(0, 2) },
      FACTS,
      { ...FACTS, calls: calls(1, 2) },
    ].map(score);
    expect(rising).toEqual(rising.toSorted((a, b) => a - b));
    expect(new Set(rising).size).toBe(rising.length);
    expect(Math.max(...rising)).toBeLessThanOrEqual(100);
    expect(Math.min(...rising)).toBeGreaterThanOrEqual(0);
  });

  it('says why and what to do, in the language of the business', () => {
    expect(scoreByRules(NOTHING, 'ru').nextStep).toContain('телефон');
    expect(scoreByRules(FACTS, 'kk').nextStep).toContain('қоңырау');
    const called = scoreByRules({ ...FACTS, calls: calls(1, 1) }, 'en');
    expect(called.nextStep).toBe('Send an offer');
    expect(called.reasons).toContain('Calls were missed');
  });
});

describe('what a model said of a lead', () => {
  it('is bounded, in lines, and holds nothing to click on', () => {
    const score = checkedScore({
      score: 250.4,
      reasons: [' wants\nit now ', '', 'see https://evil.example/x and www.evil.example', 'a', 'b', 'c', 'd'],
      nextStep: `call ${'x'.repeat(400)}`,
    });
    expect(score.score).toBe(100);
    expect(score.reasons).toEqual(['wants it now', 'see … and …', 'a', 'b', 'c']);
    expect(score.nextStep).toHaveLength(300);
    expect(checkedScore({ score: -3, reasons: [], nextStep: '' }).score).toBe(0);
  });
});
