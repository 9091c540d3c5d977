import postgres, { type Sql } from 'postgres';

export interface PoolOptions {
  url: string;
  /** Upper bound of connections. */
  max: number;
  /** How long a caller waits for a free connection before it is refused. */
  waitMs: number;
  /** Settings of each session. */
  session: Record<string, string | number>;
  /** Given to every connection, so that the query builder decides how values are read and written. */
  types: Pick<Sql['options'], 'parsers' | 'serializers'>;
}

/** The database may be well, but this pool has been fully used for too long. */
export class PoolBusyError extends Error {
  readonly code = 'POOL_BUSY';
}

/** The session that held a transaction or a lock is gone, and both with it. */
export class SessionLostError extends Error {
  readonly code = 'CONNECTION_CLOSED';
}

/** One session, for one caller at a time. */
export interface Lease {
  /** Runs one statement after the other; rejects once the session is lost, and never moves to another one. */
  run<T>(statement: (sql: Sql) => Promise<T>): Promise<T>;
  /** True when the session that the first statement ran in has ended. */
  readonly lost: boolean;
  release(): void;
  /** Ends the session with whatever it holds, instead of giving it back. */
  discard(): void;
}

interface Slot {
  sql: Sql;
  /** How often its connection has been closed. */
  cuts: number;
  idleSince: number;
}

const IDLE_MS = 60_000;

/**
 * A bounded pool in which waiting is bounded too. Every connection is a driver of its own: the driver's pool
 * goes on using a reserved connection after it was cut, which ends the process.
 */
export function createPool(options: PoolOptions) {
  const slots = new Set<Slot>();
  const idle: Slot[] = [];
  const waiters: { take(slot: Slot): void; refuse(error: Error): void }[] = [];
  let closed = false;
  const reaper = setInterval(dropIdle, IDLE_MS / 2);
  reaper.unref();

  function open(): Slot {
    const slot: Slot = { sql: connection(options, () => slot.cuts++), cuts: 0, idleSince: 0 };
    slots.add(slot);
    return slot;
  }

  function give(slot: Slot): void {
    const next = waiters.shift();
    if (next) {
      next.take(slot);
      return;
    }
    slot.idleSince = Date.now();
    idle.push(slot);
  }

  function drop(slot: Slot): void {
    slots.delete(slot);
    void slot.sql.end({ timeout: 1 });
    const next = closed ? undefined : waiters.shift();
    next?.take(open());
  }

  function dropIdle(): void {
    const old = idle.filter((slot) => Date.now() - slot.idleSince > IDLE_MS);
    for (const slot of old) {
      idle.splice(idle.indexOf(slot), 1);
      drop(slot);
    }
  }

  async function acquire(): Promise<Lease> {
    if (closed) throw new SessionLostError('This pool has been closed.');
    const slot = idle.pop() ?? (slots.size < options.max ? open() : await turn());
    return lease(slot, give, drop);
  }

  function turn(): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const waiter = {
        take(slot: Slot) {
          clearTimeout(timer);
          resolve(slot);
        },
        refuse(error: Error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(
          new PoolBusyError(
            `All ${options.max} database connections were in use for ${options.waitMs} ms; ${waiters.length} more wait.`,
          ),
        );
      }, options.waitMs);
      waiters.push(waiter);
    });
  }

  return {
    /** Rejects with `PoolBusyError` after `waitMs`. */
    acquire,
    /** Refuses who waits, lets statements under way finish for some seconds, and ends every session. */
    async close(): Promise<void> {
      closed = true;
      clearInterval(reaper);
      for (const { refuse } of waiters.splice(0)) refuse(new SessionLostError('This pool has been closed.'));
      await Promise.all([...slots].map(({ sql }) => sql.end({ timeout: 5 })));
    },
  };
}

export type Pool = ReturnType<typeof createPool>;

/** A driver with one connection, which it opens when it is first used, and again after it was cut. */
export function connection(
  { url, session, types }: Pick<PoolOptions, 'url' | 'session' | 'types'>,
  onClose: () => void,
  more: object = {},
): Sql {
  const sql = postgres(url, {
    max: 1,
    // Locks live as long as their session.
    idle_timeout: undefined,
    max_lifetime: null,
    connect_timeout: 5,
    // A restarted server must be found again within a second, not after the default back-off of up to a minute.
    backoff: (attempt: number) => Math.min(1, 0.05 * 2 ** attempt),
    connection: session,
    onnotice: () => {},
    onclose: onClose,
    ...more,
  });
  Object.assign(sql.options.parsers, types.parsers);
  Object.assign(sql.options.serializers, types.serializers);
  return sql;
}

function lease(slot: Slot, give: (slot: Slot) => void, drop: (slot: Slot) => void): Lease {
  /** Set with the first answer: until then a connection that was cut while idle is simply opened again. */
  let session: number | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let over = false;
  /** A driver whose connection failed under a statement goes on waiting for it when the server refuses a new one. */
  let spoiled = false;
  const cutsBefore = slot.cuts;
  const lost = () => session !== undefined && slot.cuts !== session;
  const once = (end: (slot: Slot) => void) => () => {
    if (over) return;
    over = true;
    end(slot);
  };
  return {
    run<T>(statement: (sql: Sql) => Promise<T>): Promise<T> {
      const result = last.then(async () => {
        if (over || lost()) throw new SessionLostError('The database session was lost.');
        const answer = await statement(slot.sql).catch((error: unknown) => {
          spoiled ||= !(error instanceof postgres.PostgresError);
          throw quiet(error);
        });
        session ??= slot.cuts;
        return answer;
      });
      last = result.catch(() => undefined);
      return result;
    },
    get lost() {
      return lost();
    },
    release: once((used) => (spoiled || used.cuts !== cutsBefore ? drop : give)(used)),
    discard: once(drop),
  };
}

/** Without the parts in which the server repeats values of the row. */
function quiet(error: unknown): unknown {
  if (error instanceof postgres.PostgresError) {
    for (const part of ['detail', 'where'] as const) Reflect.deleteProperty(error, part);
  }
  return error;
}
