import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createSandboxClient } from '../../../sandbox/client.ts';
import type { BoundaryList } from '../boundaries.ts';
import type { Stack } from '../stack/stack.ts';
import type { Swept } from '../sweep.ts';
import type { Walker } from '../walk/walk.ts';
import type { CustomerEvidence, Evidence } from './evidence.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Puts together what is known of every customer, once nothing goes on any more. */
export async function gather(
  stack: Stack,
  walker: Walker,
  swept: Swept,
  list: BoundaryList,
): Promise<Evidence> {
  const { sql } = stack;
  const outside = createSandboxClient(stack.sandbox.urls.control);
  const shown = await walker.ledger();
  const [updates, numbers, leads, doubts, crm, differences] = await Promise.all([
    sql<{ id: string }[]>`select update_id as id from updates where update_id is not null`,
    sql<{ chat: string; message: string; kind: string; dispatched: boolean }[]>`
      select chat_id as chat, channel_message_id as message, content_type as kind,
        dispatched_at is not null as dispatched
      from messages where direction = 'inbound' order by chat_id, number`,
    sql<{ chat: string; id: string }[]>`
      select c.chat_id as chat, l.id from leads l join conversations c on c.id = l.conversation_id`,
    sql<{ id: string }[]>`
      select distinct data->>'sendId' as id from automation_events where event_type = 'send.unknown'`,
    outside.bitrix.leads(),
    differencesOf(stack),
  ]);
  const stored = new Set(updates.map(({ id }) => Number(id)));
  const doubted = new Set(doubts.map(({ id }) => id));
  const origins = crm.map((lead) => String(lead.originId ?? ''));
  const pending = (await outside.telegram.bot()).pending.map(({ update_id: id }) => id);

  const customers: CustomerEvidence[] = [];
  for (const walk of walker.walks) {
    const { chatId } = walk.lane;
    const { events, messages } = await outside.telegram.transcript(chatId);
    const hit = swept.hits.find((one) => one.walk === walk);
    const conversation = shown.conversations.get(chatId);
    const ofChat = <T extends { chat: string }>(rows: readonly T[]) =>
      rows.filter(({ chat }) => Number(chat) === chatId);
    const told = events.flatMap(({ direction, updateId }) =>
      direction === 'in' && updateId !== undefined && !pending.includes(updateId) ? [updateId] : [],
    );
    const next =
      hit &&
      events.find((e) => e.direction === 'out' && e.kind === 'message' && Date.parse(e.at) > hit.kill.at);
    const own = ofChat(leads).map(({ id }) => id);
    customers.push({
      chatId,
      path: walk.path.name,
      hit: hit && { boundary: walk.lane.target ?? '', victim: hit.kill.victim, at: hit.kill.at },
      profile: list.paths[walk.path.name],
      updates: told,
      storedUpdates: told.filter((id) => stored.has(id)),
      numbered: ofChat(numbers)
        .filter(({ kind }) => kind === 'text')
        .map(({ message }) => Number(message))
        // A correction has no number of its own.
        .filter((message) => !Number.isNaN(message)),
      unhandled:
        ofChat(numbers).filter(({ dispatched }) => !dispatched).length +
        (conversation ? Number(conversation.lastNumber) - Number(conversation.handledNumber) : 0),
      read: messages.filter((m) => m.direction === 'out' && m.kind === 'message').map((m) => m.text ?? ''),
      nextReplyMs: hit && next && Date.parse(next.at) - hit.kill.at,
      sends: (shown.sends.get(chatId) ?? []).map((send) => ({
        id: send.id,
        key: send.key,
        ordinal: send.ordinal,
        state: send.state,
        messageId: send.channelMessageId === null ? undefined : Number(send.channelMessageId),
        text: send.chunk.text,
        everUnknown: send.state === 'unknown' || send.possiblyRepeated || doubted.has(send.id),
        resolution: send.resolution ?? undefined,
        resolvedBy: send.resolvedBy ?? undefined,
      })),
      runs: (shown.runs.get(chatId) ?? []).map((run) => ({
        runId: run.runId,
        process: run.processId,
        status: run.status,
        losses: run.losses.map(({ missing }) => missing),
        beganAt: run.queuedAt.getTime(),
        endedAt: run.endedAt?.getTime(),
      })),
      leads: own,
      crmLeads: origins.filter((origin) => own.includes(origin)),
      disturbed: walk.scripted.map(({ service }) => service),
      restless: swept.restless.get(walk),
    });
  }
  const passed = new Set(walker.walks.flatMap(({ lane }) => [...lane.passed]));
  return {
    customers,
    kills: swept.kills,
    differences,
    unreached: swept.unreached,
    unlisted: unlistedOf(passed, list),
  };
}

/** Effects that nobody knew of. Kills make steps repeat theirs: a higher ordinal of a listed one is nothing new. */
function unlistedOf(passed: Iterable<string>, list: BoundaryList): string[] {
  // Which of a customer's workflows a local activity belongs to is not always to be seen.
  const effectOf = (id: string) => id.replace(/\/\d+\/[a-z]+$/, '').replace(/^[^/]+(?=\/\(own data\))/, '');
  const listed = new Set(Object.keys(list.boundaries).map(effectOf));
  const unknown = [...passed].filter((id) => !listed.has(effectOf(id)));
  return [...new Map(unknown.map((id) => [effectOf(id), id])).values()];
}

/** Asks the product's own command, as whoever runs it would: one line for each place that differs. */
async function differencesOf(stack: Stack): Promise<string[]> {
  const run = promisify(execFile);
  try {
    await run(process.execPath, ['--import', 'tsx', 'workers/projection.ts', 'verify'], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...stack.environment },
      maxBuffer: 64 << 20,
    });
    return [];
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
    if (!/\d+ different/.test(said)) {
      throw new Error(`The projection could not be verified: ${said}`, { cause: error });
    }
    return said.split('\n').filter((line) => line.includes(': stored '));
  }
}
