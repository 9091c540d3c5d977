import { describe, expect, it } from 'vitest';
import {
  candidates,
  type Finding,
  ifUnknownOf,
  intervalAround,
  type Looked,
  MAX_CANDIDATES,
  nextStep,
  numbered,
  overlap,
} from './doubt.ts';

describe('where a message can be', () => {
  it('is strictly between what was known before the attempt and the first that came after it', () => {
    expect(intervalAround([7, 12, 9], [20, 15, 30])).toEqual({ after: 12, before: 15 });
    expect(candidates({ after: 12, before: 15 }, [])).toEqual([13, 14]);
  });

  it('is not told by numbers that came in late', () => {
    expect(intervalAround([12], [11, 15])).toEqual({ after: 12, before: 15 });
    expect(intervalAround([12], [11])).toEqual({ after: 12 });
    expect(intervalAround([], [15])).toEqual({});
  });

  it('is none of the numbers that a row claims', () => {
    expect(candidates({ after: 10, before: 15 }, [12, 99, 11])).toEqual([13, 14]);
  });

  it('cannot be told when no number is left, or too many', () => {
    expect(candidates({ after: 10, before: 11 }, [])).toBe('no_candidates');
    expect(candidates({ after: 10, before: 13 }, [11, 12])).toBe('no_candidates');
    expect(candidates({ after: 0, before: MAX_CANDIDATES + 1 }, [])).toHaveLength(MAX_CANDIDATES);
    expect(candidates({ after: 0, before: MAX_CANDIDATES + 2 }, [])).toBe('too_many');
    expect(candidates({ after: 0, before: MAX_CANDIDATES + 2 }, [4])).toHaveLength(MAX_CANDIDATES);
    expect(candidates({ after: 0, before: 1_000_000_000 }, [4])).toBe('too_many');
  });

  it('is counted in plain numbers only: presses, corrections and stand-ins have none', () => {
    expect(numbered(['17', 'cb:12', '17:e99', 'send:0192', '', '99999999999999999'])).toEqual([17]);
  });

  it('is shared with another message of unknown fate where a number fits both', () => {
    expect(overlap({ after: 1, before: 5 }, { after: 3, before: 9 })).toBe(true);
    expect(overlap({ after: 1, before: 5 }, { after: 5, before: 9 })).toBe(false);
    expect(overlap({ after: 1, before: 5 }, { after: 4, before: 9 })).toBe(false);
    expect(overlap({ after: 1, before: 5 }, { after: 3 })).toBe(true);
    expect(overlap({ after: 7, before: 9 }, { before: 5 })).toBe(false);
  });
});

describe('what nobody has said anything about', () => {
  it.for([
    'Доставка стоит 1 500 ₸.',
    'Жеткізу 1500 теңге.',
    'К оплате: 12,50 руб.',
    'от 20 тыс. тг за метр',
    'It is $40 a month',
    'Total: 1,200.00 KZT',
  ])('is left to a person where it names a sum: %s', (text) => {
    expect(ifUnknownOf(text)).toBe('person');
  });

  it.for([
    'Заявка № 17 принята.',
    'Работаем с 9 до 18.',
    '8 701 123 45 67',
    'Приходите в 10 с рублёвой картой',
    'We answer within 2 eurythmics lessons',
  ])('is repeated otherwise: %s', (text) => {
    expect(ifUnknownOf(text)).toBe('repeat');
  });
});

describe('after a look without proof', () => {
  const timing = { lookAfterMs: 10_000, looks: 3 };
  const looked = (over: Partial<Looked> = {}): Looked => ({
    finding: 'unproved',
    tries: 1,
    looks: 1,
    ifUnknown: 'repeat',
    repeated: false,
    ...over,
  });
  const step = (over: Partial<Looked>) => nextStep(looked(over), timing);

  it('it is looked for again, each time later', () => {
    expect(step({})).toEqual({ kind: 'look', inMs: 30_000, person: false });
    expect(step({ tries: 2, looks: 2 })).toEqual({ kind: 'look', inMs: 90_000, person: false });
  });

  it('an answer is repeated after enough looks, at once after the last of them, and only once', () => {
    expect(step({ tries: 3, looks: 3 })).toEqual({ kind: 'repeat' });
    expect(step({ tries: 3, looks: 3, repeated: true })).toMatchObject({ kind: 'look', person: true });
  });

  it('what a person has to decide is never repeated, and evidence may still come', () => {
    expect(step({ tries: 3, looks: 3, ifUnknown: 'person' })).toMatchObject({ kind: 'look', person: true });
    expect(step({ tries: 9, looks: 9, ifUnknown: 'person' })).toEqual({ kind: 'person' });
  });

  it('a platform that does not answer has not been looked at: nothing is repeated on that', () => {
    expect(step({ finding: 'no_answer', tries: 5, looks: 3 })).toMatchObject({ kind: 'look', person: false });
    expect(step({ finding: 'no_answer', tries: 9, looks: 3 })).toEqual({ kind: 'person' });
  });

  it('where proof is impossible the policy decides at once', () => {
    const impossible: Looked['finding'][] = [
      'no_candidates',
      'too_many',
      'ambiguous',
      'not_editable',
      'shared_account',
    ];
    for (const finding of impossible) {
      expect([finding, step({ finding })]).toEqual([finding, { kind: 'repeat' }]);
      expect([finding, step({ finding, ifUnknown: 'person' })]).toEqual([finding, { kind: 'person' }]);
    }
  });

  it('what was forgotten by a restore, or erased, is never repeated', () => {
    for (const finding of ['restored', 'erased'] satisfies Finding[]) {
      expect(step({ finding })).toEqual({ kind: 'person' });
    }
  });
});
