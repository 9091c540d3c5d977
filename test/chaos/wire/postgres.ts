import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import {
  createReader,
  createStatements,
  type PgMessage,
  type Statement,
  writesOf,
} from './postgres-messages.ts';

/** What one transaction, or one statement outside of any, wants to write. */
export interface PgWrite {
  /** In their order: `insert leads`. */
  writes: string[];
  values: string[];
}

export interface PgWatch {
  /** Before it is committed. */
  before(gone: AbortSignal): Promise<unknown>;
  /** After it was committed, before its client knows. */
  after(gone: AbortSignal): Promise<unknown>;
}

export interface PgProxy {
  port: number;
  close(): Promise<void>;
}

const BEGIN = /^\s*(begin|start transaction)/i;
const COMMIT = /^\s*commit/i;
const ROLLBACK = /^\s*rollback/i;

/** Passes connections on, and lets commits be held: those of transactions, and single statements that write. */
export async function openPostgresProxy(
  to: () => number,
  watch: (write: PgWrite) => Promise<PgWatch | undefined>,
): Promise<PgProxy> {
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to(), '127.0.0.1');
    ends.add(near);
    const leaving = new AbortController();
    near.setNoDelay();
    far.setNoDelay();
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    far.on('close', () => near.destroy());
    near.on('close', () => {
      ends.delete(near);
      leaving.abort();
      far.destroy();
    });
    relay(near, far, leaving.signal, watch);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const end of ends) end.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function relay(
  near: Socket,
  far: Socket,
  gone: AbortSignal,
  watch: (write: PgWrite) => Promise<PgWatch | undefined>,
): void {
  const readNear = createReader(true);
  const readFar = createReader(false);
  const understand = createStatements();
  const transaction = createTransaction();
  /** Messages that belong to the next Sync. */
  let batch: PgMessage[] = [];
  /** What is to be done before the answers to the batch that was sent last are passed on. */
  let due: ((gone: AbortSignal) => Promise<unknown>) | undefined;
  let outbound = Promise.resolve();
  let inbound = Promise.resolve();

  near.on('data', (part: Buffer) => {
    for (const message of readNear(part)) {
      batch.push(message);
      if (!['', 'S', 'Q', 'X', 'p', 'H'].includes(message.type)) continue;
      const whole = batch;
      batch = [];
      outbound = outbound.then(async () => {
        const statement = understand(whole);
        const write = statement && transaction(statement);
        const watched = write && (await watch(write));
        await watched?.before(gone);
        if (gone.aborted) return;
        due = watched && ((signal) => watched.after(signal));
        far.write(Buffer.concat(whole.map(({ bytes }) => bytes)));
      });
    }
  });
  let answers: Buffer[] = [];
  const passOn = (first?: (signal: AbortSignal) => Promise<unknown>) => {
    const whole = Buffer.concat(answers);
    answers = [];
    inbound = inbound.then(async () => {
      await first?.(gone);
      if (!gone.aborted) near.write(whole);
    });
  };
  far.on('data', (part: Buffer) => {
    for (const { type, bytes } of readFar(part)) {
      answers.push(bytes);
      if (type !== 'Z' || !due) continue;
      passOn(due);
      due = undefined;
    }
    // Answers to what is watched wait until the server says that it is ready again.
    if (!due && answers.length > 0) passOn();
  });
}

/** Gathers what a transaction writes until it is committed. */
function createTransaction() {
  let open: PgWrite | undefined;
  return (statement: Statement): PgWrite | undefined => {
    const { text, values } = statement;
    if (BEGIN.test(text)) {
      open = { writes: [], values: [] };
      return undefined;
    }
    if (ROLLBACK.test(text)) {
      open = undefined;
      return undefined;
    }
    if (COMMIT.test(text)) {
      const whole = open;
      open = undefined;
      return whole && whole.writes.length > 0 ? whole : undefined;
    }
    const writes = writesOf(statement);
    if (open) {
      open.values.push(...values);
      open.writes.push(...writes);
      return undefined;
    }
    return writes.length > 0 ? { writes, values } : undefined;
  };
}
