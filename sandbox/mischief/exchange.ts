import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { type Planned, writeAnswer, writeMalformed, writeTruncated } from '../http/answer.ts';
import type { Journal } from './journal.ts';
import type { Call } from './match.ts';
import type { Mischief, Verdict } from './mischief.ts';
import type { MischiefRule } from './rule.ts';

export interface Exchange {
  mischief: Mischief;
  journal: Journal;
}

/** Understands a request. `fault` tells a model how to misbehave; `gone` aborts when the client hangs up. */
export type Plan = (context: { fault?: MischiefRule; gone: AbortSignal }) => Planned | Promise<Planned>;

function pause(ms: number, cut: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (cut.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      cut.removeEventListener('abort', done);
      resolve();
    }
    cut.addEventListener('abort', done);
  });
}

function aborted(...signals: AbortSignal[]): Promise<void> {
  const any = AbortSignal.any(signals);
  return any.aborted
    ? Promise.resolve()
    : new Promise((resolve) => any.addEventListener('abort', () => resolve(), { once: true }));
}

/**
 * Carries one request through the mischief rules: waits, plans, commits, answers. Whatever the rules
 * say, an effect happens at most once unless a rule doubles it.
 */
export async function carry(
  c: Context,
  { mischief, journal }: Exchange,
  understood: Call,
  plan: Plan,
): Promise<Response> {
  const lane = c.req.header('x-sandbox-lane');
  const call = lane === undefined ? understood : { ...understood, lane };
  const { outgoing } = c.env as HttpBindings;
  const left = new AbortController();
  outgoing.once('close', () => left.abort());
  const gone = left.signal;
  const verdict = mischief.judge(call);
  const { fault } = verdict;
  const kinds = [...verdict.delays.map(() => 'delay'), ...verdict.holds.map(() => 'hold')];
  const entry = journal.record(call, fault ? [...kinds, fault.kind] : kinds);

  const wait = async (when: 'before' | 'after') => {
    // A slow server goes on although its client has given up; a parked request dies with its client.
    for (const delay of verdict.delays) if (delay.when === when) await pause(delay.ms, delay.removed);
    for (const hold of verdict.holds)
      if (hold.when === when) await mischief.park(hold.ruleId, when, call, gone);
  };

  await wait('before');
  if (fault?.kind === 'lose_request') outgoing.destroy();
  if (fault?.kind === 'stall') {
    await aborted(gone, verdict.removed ?? gone);
    outgoing.destroy();
  }
  const diedParked = gone.aborted && verdict.holds.some((hold) => hold.when === 'before');
  if (fault?.kind === 'lose_request' || fault?.kind === 'stall' || diedParked) return RESPONSE_ALREADY_SENT;

  if (fault?.kind === 'status') {
    if (fault.effect) await act(verdict, plan, gone);
    verdict.settle?.();
    await wait('after');
    journal.answered(entry, fault.status);
    await writeAnswer(outgoing, { status: fault.status, headers: fault.headers, json: fault.body });
    return RESPONSE_ALREADY_SENT;
  }

  const planned = await act(verdict, plan, gone);
  await wait('after');
  if (fault?.kind === 'lose_answer') outgoing.destroy();
  if (outgoing.destroyed) return RESPONSE_ALREADY_SENT;
  journal.answered(entry, planned.answer.status);
  if (fault?.kind === 'malformed') writeMalformed(outgoing, planned.answer);
  else if (fault?.kind === 'truncate') writeTruncated(outgoing, planned.answer, fault.bytes);
  else await writeAnswer(outgoing, planned.answer);
  return RESPONSE_ALREADY_SENT;
}

async function act(verdict: Verdict, plan: Plan, gone: AbortSignal): Promise<Planned> {
  const { fault } = verdict;
  const planned = await plan({ fault, gone });
  if (fault?.kind === 'swap' && verdict.defer) verdict.defer(planned.commit);
  else if (fault?.kind !== 'drop') planned.commit();
  if (fault?.kind === 'double') (await plan({ fault, gone })).commit();
  verdict.settle?.();
  return planned;
}
