import { openPostgresProxy, type PgProxy, type PgWatch, type PgWrite } from './postgres.ts';
import type { Resolver } from './resolver.ts';
import type { Tracker } from './tracker.ts';

/** As numbers of the sweep's chats are written, also within an update as it came. */
const CHAT = /\b\d{7}\b/g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Notes for people: activities make them as well, at any time, and nothing depends on them. */
const NOTES = ['insert automation_events'];

/** Whose ids a statement holds. */
function chatsIn(values: readonly string[], tracker: Tracker, resolver: Resolver): number[] {
  const chats = new Set<number>();
  for (const value of values) {
    for (const id of value.match(CHAT) ?? []) if (tracker.lanes.has(Number(id))) chats.add(Number(id));
    for (const id of value.match(UUID) ?? []) {
      const chat = resolver.knownChat(id);
      if (chat !== undefined) chats.add(chat);
    }
  }
  return [...chats];
}

/**
 * The way of one role to the database. What the API stores is the intake's effect. Of what a worker writes, the
 * rows of local activities are effects; an activity's own bookkeeping surrounds an effect elsewhere, which is held.
 */
export function openDatabaseProxy(
  role: 'api' | 'worker' | 'projector',
  to: () => number,
  tracker: Tracker,
  resolver: Resolver,
): Promise<PgProxy> {
  async function watch({ writes, values }: PgWrite): Promise<PgWatch | undefined> {
    if (role === 'projector' || writes.every((write) => NOTES.includes(write))) return undefined;
    const effect = nameOf(writes);
    const chats = chatsIn(values, tracker, resolver);
    if (role === 'worker' && chats.length === 0 && writes.every((write) => write.startsWith('delete'))) {
      const alone = tracker.beginAlone(effect);
      return alone && { before: alone.asked, after: alone.done };
    }
    const begun = chats.flatMap(
      (chat) =>
        (role === 'api' ? tracker.beginIntake(chat, effect, '') : tracker.beginOwn(chat, effect)) ?? [],
    );
    if (begun.length === 0) return undefined;
    return {
      before: (gone) => Promise.all(begun.map((one) => one.asked(gone))),
      after: (gone) => Promise.all(begun.map((one) => one.done(gone))),
    };
  }
  return openPostgresProxy(to, watch);
}

/** What the intake stores differs with what is known of the customer, and with who writes at the same time. */
function nameOf(writes: readonly string[]): string {
  if (writes.includes('insert updates')) return 'postgres insert updates';
  return `postgres ${[...new Set(writes)].sort().join(', ')}`;
}
