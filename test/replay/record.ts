import { mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkflowNotFoundError } from '@temporalio/client';
import { type History, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import postgres from 'postgres';
import { createLogger } from '../../config/logger.ts';
import { migrate } from '../../db/migrate.ts';
import { conversationWorkflowId } from '../../domain/ids.ts';
import { findOrBuildTemporal } from '../../scripts/temporal/binary.mjs';
import { startPostgres } from '../../workers/embedded/postgres.ts';
import { startTemporal } from '../../workers/embedded/temporal.ts';
import type { RecordedEvent } from '../../workers/replay/divergence.ts';
import { installRuntime } from '../../workers/sdk-runtime.ts';
import { bundleWorkflows } from '../../workers/worker.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { decodedHistory } from '../support/history.ts';
import { type Product, startStack } from '../support/stack.ts';
import { forget, isRecorded, writeHistory } from './corpus.ts';
import { PATHS, type RecordedPath } from './paths.ts';
import { scrub } from './scrub.ts';

/*
 * `npm run histories -- record` (or without a word) records the paths that have no histories yet; names of paths as
 * arguments, or `--all`, record those again. What is there already stays: it is what runs in the field were begun
 * by, and code that cannot replay it would break them. `npm run histories -- mutate` tries the gate itself.
 */

/** Conversations continue as new after so many events, so that a short history shows it. */
const CONTINUE_AFTER = 100;
const ABREAST = 3;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

// Who did what stands in the events, which are kept as they are: no host of the recorder gets there.
os.hostname = () => 'recorder';
syncBuiltinESMExports();

const log = createLogger({ level: process.env.TEST_LOG ?? 'fatal' });
const line = (text: string) => console.log(text);

async function main([verb, ...rest]: readonly string[]): Promise<void> {
  if (verb === 'mutate') {
    const { mutateCommand } = await import('./mutation/command.ts');
    process.exitCode = await mutateCommand(rest, line);
    return;
  }
  await recordPaths(verb === 'record' || verb === undefined ? rest : [verb, ...rest]);
}

async function recordPaths(args: readonly string[]): Promise<void> {
  const wrong = args.filter((name) => name !== '--all' && !PATHS.some((path) => path.name === name));
  if (wrong.length > 0)
    throw new Error(`No path has this name: ${wrong.join(', ')}. See test/replay/paths.ts.`);
  const chosen = PATHS.filter(({ name }) =>
    args.includes('--all') ? true : args.length > 0 ? args.includes(name) : !isRecorded(name),
  );
  if (chosen.length === 0) return line('Every path has been recorded. `-- record --all` records them again.');
  const temporalBinary = await findOrBuildTemporal({ log: line });
  installRuntime(log);
  const dataDir = mkdtempSync(join(tmpdir(), 'dirigent-histories-'));
  const failures: unknown[] = [];
  const closing: (() => unknown)[] = [
    () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 }),
  ];
  try {
    const database = await startPostgres({ dataDir: join(dataDir, 'postgres'), fsync: false, log: line });
    closing.unshift(() => database.stop());
    const engine = await startTemporal({
      binary: temporalBinary,
      headless: true,
      log: line,
      dynamicConfig: [`limit.historyCount.suggestContinueAsNew=${CONTINUE_AFTER}`],
    });
    closing.unshift(() => engine.stop());
    const bundle = await bundleWorkflows();
    for (const [index, paths] of groups(chosen).entries()) {
      const name = `histories_${index}`;
      const databaseUrl = await createDatabase(database.url, name);
      const timing = paths[0]?.timing ?? {};
      const servers = { temporalAddress: engine.address, databaseUrl, bundle };
      const product = await startStack({ ...servers, timing, log, taskQueue: name });
      try {
        await abreast(paths, async (path) => {
          await record(path, product).catch((error: unknown) => failures.push(error));
        });
      } finally {
        await product.stop();
      }
    }
  } finally {
    for (const close of closing) await close();
  }
  for (const failure of failures) console.error(`\nNot recorded. ${String(failure)}`);
  if (failures.length > 0) process.exitCode = 1;
}

/** Paths that may share a product: same timing, and nobody disturbs the others. */
function groups(paths: readonly RecordedPath[]): RecordedPath[][] {
  const groups = new Map<string, RecordedPath[]>();
  for (const path of paths) {
    const key = path.alone ? path.name : JSON.stringify(path.timing ?? {});
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  return [...groups.values()];
}

async function abreast<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: ABREAST }, lane));
}

async function record({ name, walk }: RecordedPath, product: Product): Promise<void> {
  const chat = product.chat();
  let begun: Execution | undefined;
  try {
    begun = begunBy(await walk(chat, product));
    if (!begun) await chat.settled();
  } catch (cause) {
    const said = (await chat.said().catch(() => [])).at(-1) ?? 'nothing';
    throw new Error(`${name}: ${(cause as Error).message}\nThe bot said last: ${said}`);
  }
  forget(name);
  const counted = new Map<string, number>();
  for (const { workflowType, events } of await histories(
    begun ? [begun] : await broughtAbout(chat, product),
    product,
  )) {
    const count = (counted.get(workflowType) ?? 0) + 1;
    counted.set(workflowType, count);
    line(
      `${writeHistory(workflowType, count > 1 ? `${name}.${count}` : name, events)}: ${events.length} events`,
    );
  }
}

type Runs = Awaited<ReturnType<Chat['runs']>>;

interface Execution {
  workflowId: string;
  runId: string;
}

/** The run that a path began beside any chat. */
const begunBy = (walked: unknown): Execution | undefined =>
  typeof walked === 'object' && walked !== null && 'begun' in walked
    ? (walked.begun as Execution)
    : undefined;

/** Every execution that this chat brought about: its conversation's, and its runs'. */
async function broughtAbout(chat: Chat, { temporal }: Product): Promise<Execution[]> {
  const runs = await chat.runs();
  const conversation = conversationWorkflowId(await chat.conversationId());
  return [
    ...(await executionsOf(conversation, runs, temporal)),
    ...runs.map((run) => ({ workflowId: run.workflowId, runId: run.currentRunId })),
    ...(await deliveriesOf(chat, temporal)),
  ];
}

/** What the executions did, each with what it had continued from. */
async function histories(executions: readonly Execution[], { temporal }: Product) {
  const seen = new Set<string>();
  const found: { workflowType: string; events: RecordedEvent[] }[] = [];
  for (const { workflowId, runId } of executions) {
    const chain: typeof found = [];
    for (let id = runId; id && !seen.has(id); ) {
      seen.add(id);
      const history = await present(decodedHistory(temporal, workflowId, id));
      if (!history) break;
      const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
      const events = publishable(history);
      // An execution that has only just been begun has decided nothing yet.
      if (events.some(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED')) {
        chain.unshift({ workflowType: started?.workflowType?.name ?? '', events });
      }
      id = started?.continuedExecutionRunId ?? '';
    }
    found.push(...chain);
  }
  return found;
}

/** What was sent again because a person said so. */
async function deliveriesOf(chat: Chat, temporal: Product['temporal']) {
  const found: { workflowId: string; runId: string }[] = [];
  for (const { id, resolution } of await chat.sends()) {
    if (resolution !== 'resend') continue;
    await eventually('the delivery to be listed', async () => {
      const query = `WorkflowId STARTS_WITH 'deliver/${id}/' AND ExecutionStatus = 'Completed'`;
      for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
        found.push({ workflowId, runId });
      }
      return found.length > 0;
    });
  }
  return found;
}

/** What the engine still has: a customer who asked to be forgotten has left no history. */
const present = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  });

/** A conversation that ended in a quiet time began anew: the runs know which one started them. */
async function executionsOf(workflowId: string, runs: Runs, temporal: Product['temporal']) {
  const runIds = new Set<string>();
  for (const run of runs) {
    const described = await present(temporal.workflow.getHandle(run.workflowId).describe());
    const parent = described?.raw.workflowExecutionInfo?.parentExecution;
    if (parent?.workflowId === workflowId && parent.runId) runIds.add(parent.runId);
  }
  runIds.add((await temporal.workflow.getHandle(workflowId).describe()).runId);
  return [...runIds].map((runId) => ({ workflowId, runId }));
}

/** As the server gave it, with payloads decrypted, and without folders of the recorder in stack traces. */
function publishable(history: History): RecordedEvent[] {
  const { events } = JSON.parse(historyToJSON(history)) as { events: RecordedEvent[] };
  return scrub(events, [
    [`file://${ROOT}`, ''],
    [ROOT, ''],
  ]);
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  try {
    await sql`create database ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return url.href;
}

await main(process.argv.slice(2));
