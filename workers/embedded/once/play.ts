import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../../db/client.ts';
import type { SandboxClient, TranscriptEvent } from '../../../sandbox/client.ts';
import { dim, renderMessage } from '../chat/format.ts';
import { botMessage } from '../chat/sandboxCustomer.ts';
import { temporalLink } from '../runLines.ts';
import { type Check, judge } from './judge.ts';
import { isSettled, observe, runsOf } from './observe.ts';
import { type Act, SCRIPT } from './script.ts';

export interface PlayOptions {
  db: Database;
  sandbox: SandboxClient;
  temporalUiUrl: string;
  namespace: string;
  say: (line: string) => void;
  signal: AbortSignal;
  /** Longest wait for one answer, and for an act to come to rest. */
  patienceMs?: number;
  script?: readonly Act[];
  /** One customer for each act, in chats from here on, so that none hears of another. */
  firstChat?: number;
}

const FIRST_CHAT = 2001;
const PATIENCE_MS = 90_000;

/**
 * Plays the script, prints transcript, checks and run table. True only if every expectation held.
 * Rejects when `signal` aborts it.
 */
export async function playScript(options: PlayOptions): Promise<boolean> {
  const { say, script = SCRIPT, firstChat = FIRST_CHAT } = options;
  const failed: string[] = [];
  for (const [index, act] of script.entries()) {
    say(`\n── ${act.title}\n`);
    for (const { what, held, instead } of await playAct(act, firstChat + index, options)) {
      say(`${held ? '  ✓' : '  ✗'} ${what}${instead === undefined ? '' : ` — instead: ${instead}`}`);
      if (!held) failed.push(`${act.title}: ${what}`);
    }
  }
  await printRuns(
    script.map((_, index) => firstChat + index),
    options,
  );
  say(
    failed.length === 0
      ? '\nEvery expectation held.'
      : `\n${failed.length} not held:\n  ${failed.join('\n  ')}`,
  );
  return failed.length === 0;
}

async function playAct(act: Act, chatId: number, options: PlayOptions): Promise<Check[]> {
  const { sandbox, db, say, signal, patienceMs = PATIENCE_MS } = options;
  const { telegram } = sandbox;
  await telegram.profile(chatId, { first_name: act.title, language_code: 'ru' });
  const rules = act.outage ? await cutModels(sandbox) : [];
  const unanswered: string[] = [];
  try {
    for (const { says, hears } of act.steps) {
      signal.throwIfAborted();
      const { cursor } = await telegram.transcript(chatId);
      await telegram.say(chatId, says);
      const answered = await eventually(signal, patienceMs, async () =>
        (await telegram.transcript(chatId, { after: cursor })).events.some(
          ({ direction, text }) => direction === 'out' && hears.test(text ?? ''),
        ),
      );
      if (!answered) unanswered.push(says);
    }
    await eventually(signal, patienceMs, () => isSettled(db, chatId, act));
  } finally {
    for (const id of rules) await sandbox.mischief.remove(id);
  }
  const { events } = await telegram.transcript(chatId);
  for (const event of events) printEvent(event, say);
  say('');
  return judge(act, await observe(db, sandbox, chatId, act, events, unanswered));
}

async function cutModels(sandbox: SandboxClient): Promise<number[]> {
  const services = ['ollama', 'openai'] as const;
  const rules = services.map((service) => sandbox.mischief.add({ service, kind: 'refuse_connections' }));
  return (await Promise.all(rules)).map(({ id }) => id);
}

/** Looks again until it is so; false when patience has ended. */
async function eventually(
  signal: AbortSignal,
  patienceMs: number,
  look: () => Promise<boolean>,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (!(await look())) {
    if (Date.now() > deadline) return false;
    await sleep(50, undefined, { signal });
  }
  return true;
}

function printEvent(event: TranscriptEvent, say: (line: string) => void): void {
  const message = botMessage(event);
  if (message !== undefined) say(renderMessage(message));
  else if (event.direction === 'in' && event.kind === 'message') say(`${dim('you › ')}${event.text ?? ''}`);
}

async function printRuns(chats: readonly number[], options: PlayOptions): Promise<void> {
  const { db, say, temporalUiUrl, namespace } = options;
  say(`\n${'process'.padEnd(12)}${'state'.padEnd(14)}${'seconds'.padEnd(10)}run`);
  for (const chat of chats) {
    for (const run of await runsOf(db, chat)) {
      const seconds =
        run.endedAt === null ? '' : ((run.endedAt.getTime() - run.queuedAt.getTime()) / 1000).toFixed(2);
      const link = temporalLink(temporalUiUrl, namespace, run.workflowId, run.currentRunId);
      say(`${run.processId.padEnd(12)}${run.status.padEnd(14)}${seconds.padEnd(10)}${link}`);
    }
  }
}
