/** One telephone call as one of a CRM's sources tells it. Absent is what that source does not know. */
export interface CallRecord {
  /** Every name by which a source knows the call: records that share one are the same call. */
  names: readonly string[];
  answered?: boolean;
  /** How long people spoke. */
  seconds?: number;
  /** When it began. Milliseconds since the epoch. */
  at?: number;
}

/** What a lead's calls amount to. */
export interface CallCount {
  answered: number;
  missed: number;
  /** Spoken, over all answered calls. */
  seconds: number;
  /** When the newest one began. ISO 8601, UTC. */
  lastAt?: string;
}

/**
 * Counts calls that several sources tell of, each call once. Earlier records count for more: name the
 * source first that was there when the call was made. What no record says was answered was missed.
 */
export function countCalls(records: readonly CallRecord[]): CallCount {
  const calls = merged(records);
  const answered = calls.filter((call) => call.answered === true);
  const times = calls.flatMap(({ at }) => (at === undefined ? [] : [at]));
  return {
    answered: answered.length,
    missed: calls.length - answered.length,
    seconds: answered.reduce((sum, { seconds = 0 }) => sum + Math.max(0, Math.round(seconds)), 0),
    ...(times.length === 0 ? {} : { lastAt: new Date(Math.max(...times)).toISOString() }),
  };
}

/** Records that share a name become one; a record may join two that had nothing in common before. */
function merged(records: readonly CallRecord[]): CallRecord[] {
  const calls = new Set<CallRecord>();
  const byName = new Map<string, CallRecord>();
  for (const record of records) {
    const known = new Set(record.names.flatMap((name) => byName.get(name) ?? []));
    const call = [...known, record].reduce(joined);
    for (const old of known) calls.delete(old);
    calls.add(call);
    for (const name of call.names) byName.set(name, call);
  }
  return [...calls];
}

const joined = (first: CallRecord, then: CallRecord): CallRecord => ({
  ...then,
  ...first,
  names: [...new Set([...first.names, ...then.names])],
});
