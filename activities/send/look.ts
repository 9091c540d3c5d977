import { setTimeout } from 'node:timers/promises';
import type { Database } from '../../db/client.ts';
import type { ChatLocks } from '../../db/locks.ts';
import { type Doubt, doubtSend } from '../../db/queries/send-doubts.ts';
import { claimedBetween, claimedIn, knownAround, rivalsOf } from '../../db/queries/send-evidence.ts';
import { openSends } from '../../db/queries/sends.ts';
import { candidates, type Finding, type Interval, numbered, overlap } from '../../domain/doubt.ts';
import type { Channel, MessageEvidence } from '../channel/contract.ts';
import { SENDER_DIED } from './deliver.ts';
import type { Governor } from './governor.ts';
import { createRestoreGuard } from './restored.ts';

export interface LookDependencies {
  db: Database;
  locks: ChatLocks;
  governor: Governor;
  channel(channelId: string): Channel;
  /** Whether others send with this account, or into this chat beside the ledger. */
  isShared(doubt: Doubt): Promise<boolean>;
}

/** What a look has shown. `busy`: it could not be looked at just now, and nothing was learned. */
export type Look =
  | { kind: 'busy'; inMs: number }
  | {
      kind: 'looked';
      finding: Finding;
      interval: Partial<Interval>;
      candidates?: number | undefined;
      /** What the platform said last. */
      answer?: string | undefined;
      /** The number under which it was found. */
      messageId?: number | undefined;
      /** How long the platform asked to be left alone. */
      pauseMs?: number | undefined;
    };

/** Where a message can be, or why that cannot be told. */
type Place = { interval: Interval; ids: number[] } | { finding: Finding; interval: Partial<Interval> };

const PROBE_MS = 8_000;
/** How soon to look again while somebody is sending in this chat. */
const BUSY_MS = 500;

/**
 * Looks for a message of which nobody knows whether it arrived. The chat's lock is held while its place is worked
 * out, not while the platform is asked: a message being sent meanwhile comes later and is none of the candidates.
 */
export function createLook(deps: LookDependencies) {
  const { db, governor } = deps;
  const restored = createRestoreGuard(db);

  return async function look(doubt: Doubt, signal: AbortSignal): Promise<Look> {
    const { evidence } = deps.channel(doubt.channelId);
    const impossible = await impossibility(doubt, evidence);
    if (impossible !== undefined || !evidence) {
      return { kind: 'looked', finding: impossible ?? 'not_editable', interval: {} };
    }
    const unlock = await deps.locks.tryLock(doubt.conversationId);
    if (!unlock) return { kind: 'busy', inMs: BUSY_MS };
    let place: Place;
    try {
      place = await placeOf(doubt, evidence);
    } finally {
      await unlock();
    }
    return 'ids' in place ? probe(doubt, evidence, place, signal) : { kind: 'looked', ...place };
  };

  async function impossibility(
    doubt: Doubt,
    evidence: MessageEvidence | undefined,
  ): Promise<Finding | undefined> {
    if (doubt.chunk.text === '') return 'erased';
    const restoredAt = await restored.at();
    if (restoredAt !== undefined && doubt.begunAt < restoredAt) return 'restored';
    if (!evidence?.canProbe(doubt.chunk)) return 'not_editable';
    return (await deps.isShared(doubt)) ? 'shared_account' : undefined;
  }

  /** Which numbers the message can have; called under the chat's lock, so that nothing of the chat is on its way. */
  async function placeOf(doubt: Doubt, evidence: MessageEvidence): Promise<Place> {
    for (const row of await openSends(db, doubt.tenantId, doubt.conversationId)) {
      if (row.state === 'sending') await doubtSend(db, row.id, SENDER_DIED);
    }
    const scope = {
      counts: (chatId: string) =>
        evidence.numbering(doubt.chatId) === 'chat'
          ? chatId === doubt.chatId
          : evidence.numbering(chatId) === 'account',
      since: await restored.at(),
    };
    const interval = await knownAround(db, doubt, scope);
    if (!isClosed(interval)) return { finding: 'waiting', interval };

    const rivals = await rivalsOf(db, doubt);
    for (const rival of rivals) {
      if (rival.messageId !== null) continue;
      const its = await knownAround(db, rival, scope);
      // Where the other one ends is not known yet: later it may turn out to lie elsewhere, or to have arrived.
      if (overlap(interval, its)) return { finding: isClosed(its) ? 'ambiguous' : 'waiting', interval };
    }
    const found = candidates(interval, [
      ...(await claimedBetween(db, doubt, interval, scope)),
      ...numbered(rivals.flatMap(({ messageId }) => messageId ?? [])),
    ]);
    if (typeof found === 'string') return { finding: found, interval };
    const taken = new Set(await claimedIn(db, doubt, found));
    const ids = found.filter((id) => !taken.has(id));
    return ids.length > 0 ? { interval, ids } : { finding: 'no_candidates', interval };
  }

  async function probe(
    doubt: Doubt,
    evidence: MessageEvidence,
    { interval, ids }: { interval: Interval; ids: number[] },
    signal: AbortSignal,
  ): Promise<Look> {
    let answer: string | undefined;
    const looked = (finding: Finding, more: { messageId?: number; pauseMs?: number } = {}): Look => ({
      kind: 'looked',
      finding,
      interval,
      candidates: ids.length,
      answer,
      ...more,
    });
    for (const id of ids) {
      const waitMs = await governor.take(doubt);
      if (waitMs > governor.patienceMs) return { kind: 'busy', inMs: waitMs };
      if (waitMs > 0) await setTimeout(waitMs, undefined, { signal });
      const within = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
      const said = await evidence.probe(doubt.chatId, id, doubt.chunk, within);
      signal.throwIfAborted();
      switch (said.kind) {
        case 'delivered':
          answer = said.how;
          return looked('delivered', { messageId: id });
        case 'rate_limited':
          answer = 'The platform asked to wait.';
          await governor.pause(doubt, said.retryAfterMs);
          return looked('no_answer', { pauseMs: said.retryAfterMs });
        case 'no_answer':
          answer = said.description;
          return looked('no_answer');
        case 'unproved':
          answer = said.description;
      }
    }
    return looked('unproved');
  }
}

const isClosed = (interval: Partial<Interval>): interval is Interval =>
  interval.after !== undefined && interval.before !== undefined;
