/** What becomes of something said of which nobody can tell whether it arrived, when no evidence settles it. */
export const IF_UNKNOWN = ['repeat', 'person'] as const;
/**
 * `repeat`: it is sent once more, and marked as possibly repeated: for what a customer can read twice without harm.
 * `person`: a person decides: for prices, payments, and whatever misleads when it is said twice.
 */
export type IfUnknown = (typeof IF_UNKNOWN)[number];
/** An answer that is read twice is a nuisance, one that never comes is a lost customer. */
export const DEFAULT_IF_UNKNOWN: IfUnknown = 'repeat';

const AMOUNT =
  /\d[\d\s.,]*(?:тыс\.?\s*|млн\.?\s*|мың\s*)?(?:₸|₽|[$€£]|(?:тг|тенге|теңге|руб|kzt|rub|usd|eur|kgs|uzs|сом|сум)(?!\p{L}))|[₸₽$€£]\s*\d/iu;

/** What becomes of words about which nobody has said: a sum of money is left to a person. */
export const ifUnknownOf = (text: string): IfUnknown => (AMOUNT.test(text) ? 'person' : DEFAULT_IF_UNKNOWN);

/** What looking for a message of unknown fate has come to. */
export const FINDINGS = [
  /** It is there: proved. */
  'delivered',
  /** Nothing is known yet that came after it: where it would be cannot be told. */
  'waiting',
  /** The platform's answers prove neither that it is there nor that it is not. */
  'unproved',
  /** The platform could not be asked to the end. */
  'no_answer',
  /** Between what came before it and what came after there is no number that nobody claims, or too many. */
  'no_candidates',
  'too_many',
  /** Another message of the same chat and unknown fate may have the number: a probe could overwrite it. */
  'ambiguous',
  /** A message of this form cannot be edited, so nothing can be asked about it. */
  'not_editable',
  /** Others send with this account: an unclaimed number may be theirs. */
  'shared_account',
  /** The ledger was put back from a backup meanwhile, and does not know all that was sent. */
  'restored',
  /** The words were erased. */
  'erased',
] as const;
export type Finding = (typeof FINDINGS)[number];

/** Numbers of messages known around an attempt, both excluded; the platform gives them out in ascending order. */
export interface Interval {
  after: number;
  before: number;
}

export const MAX_CANDIDATES = 20;

/**
 * The numbers that a message can have which was sent within this interval: those that no other message claims.
 * More than `MAX_CANDIDATES` are not worth asking about.
 */
export function candidates(
  { after, before }: Interval,
  claimed: Iterable<number>,
): number[] | 'no_candidates' | 'too_many' {
  const taken = new Set([...claimed].filter((id) => id > after && id < before));
  const free = before - after - 1 - taken.size;
  if (free < 1) return 'no_candidates';
  if (free > MAX_CANDIDATES) return 'too_many';
  return Array.from({ length: before - after - 1 }, (_, i) => after + 1 + i).filter((id) => !taken.has(id));
}

/** Ids of messages, where they are the plain numbers that a platform counts with. */
export function numbered(ids: Iterable<string>): number[] {
  return [...ids].filter((id) => /^\d{1,15}$/.test(id)).map(Number);
}

/** Where an attempt was: numbers known before it began, and numbers known of what began after it ended. */
export function intervalAround(before: readonly number[], after: readonly number[]): Partial<Interval> {
  const highest = before.length === 0 ? undefined : Math.max(...before);
  const later = after.filter((id) => highest !== undefined && id > highest);
  return {
    ...(highest === undefined ? {} : { after: highest }),
    ...(later.length === 0 ? {} : { before: Math.min(...later) }),
  };
}

/** Whether a number can lie in both; an end that is not known yet is open. */
export const overlap = (a: Partial<Interval>, b: Partial<Interval>): boolean =>
  (a.after ?? Number.NEGATIVE_INFINITY) + 1 < (b.before ?? Number.POSITIVE_INFINITY) &&
  (b.after ?? Number.NEGATIVE_INFINITY) + 1 < (a.before ?? Number.POSITIVE_INFINITY);

/** What the platform answers when it is asked whether a message of a certain number is this one. */
export type ProbeAnswer =
  /** It is: with the same words, or it has them now. */
  | { kind: 'delivered'; how: 'not_modified' | 'edited' }
  /** "Not found", "cannot be edited" and the like: no proof of anything. */
  | { kind: 'unproved'; description: string }
  | { kind: 'rate_limited'; retryAfterMs: number }
  | { kind: 'no_answer'; description: string };

/** When looks take place. The pause before the n-th is `lookAfterMs` times 3 to the power of n - 1. */
export interface DoubtTiming {
  lookAfterMs: number;
  /** Looks without proof after which the policy decides. */
  looks: number;
}

/** How often is looked at most: the last pause is most of a day with the usual ten seconds. */
const MAX_TRIES = 9;

/** Findings that no later look changes. */
const FINAL: ReadonlySet<Finding> = new Set<Finding>([
  'no_candidates',
  'too_many',
  'ambiguous',
  'not_editable',
  'shared_account',
  'restored',
  'erased',
]);

/** The state of a doubt after a look. */
export interface Looked {
  finding: Exclude<Finding, 'delivered'>;
  /** Looks so far, this one included. */
  tries: number;
  /** Those among them that came to an end: a platform that does not answer tells nothing. */
  looks: number;
  ifUnknown: IfUnknown;
  /** It was sent once more already. */
  repeated: boolean;
}

export type NextStep =
  /** Look again; `person`: somebody may decide meanwhile, for nothing else will. */
  { kind: 'look'; inMs: number; person: boolean } | { kind: 'repeat' } | { kind: 'person' };

/**
 * What follows a look without proof. A message is repeated only right after a look that came to its end, since
 * answers age, and only once. Where nothing acts by itself, evidence is still waited for while there may be some.
 */
export function nextStep(looked: Looked, { lookAfterMs, looks }: DoubtTiming): NextStep {
  const { finding, tries } = looked;
  const repeatable = looked.ifUnknown === 'repeat' && !looked.repeated && !NEVER_REPEATED.has(finding);
  const final = FINAL.has(finding);
  const due = final || (finding !== 'no_answer' && looked.looks >= looks);
  if (due && repeatable) return { kind: 'repeat' };
  if (final || tries >= MAX_TRIES) return { kind: 'person' };
  return { kind: 'look', inMs: lookAfterMs * 3 ** tries, person: due };
}

/** What nobody knows the fate of since before a restore may be long past; what has no words cannot be said. */
const NEVER_REPEATED: ReadonlySet<Finding> = new Set<Finding>(['restored', 'erased']);
