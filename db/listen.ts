import { setTimeout as sleep } from 'node:timers/promises';
import { connection, type PoolOptions } from './pool.ts';

export interface Listening {
  channel: string;
  onNotify(payload: string): void;
  /** Called whenever it begins to hear: what was sent before, since the last time, is lost. */
  onListen: (() => void) | undefined;
}

const PAUSE_MS = 500;

/**
 * Hears a channel until `unlisten`, whatever happens to the connection in between. Rejects only when it
 * cannot begin. The driver's own `listen` stays deaf if the server is not back at once.
 */
export async function listen(
  options: Pick<PoolOptions, 'url' | 'session' | 'types'>,
  { channel, onNotify, onListen }: Listening,
): Promise<{ unlisten(): Promise<void> }> {
  const abort = new AbortController();
  let hearing = await begin();
  const running = stay();

  async function begin() {
    let cut = () => {};
    const lost = new Promise<void>((resolve) => {
      cut = resolve;
    });
    const onnotify = (from: string, payload: string) => {
      if (from === channel) onNotify(payload);
    };
    const sql = connection(options, () => cut(), { onnotify });
    try {
      await sql`listen ${sql(channel)}`;
    } catch (error) {
      await sql.end({ timeout: 1 });
      throw error;
    }
    onListen?.();
    return { sql, lost };
  }

  async function stay(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      abort.signal.addEventListener('abort', () => resolve());
    });
    for (;;) {
      await Promise.race([hearing.lost, stopped]);
      await hearing.sql.end({ timeout: 1 });
      while (!abort.signal.aborted) {
        try {
          hearing = await begin();
          break;
        } catch {
          // The server is not back yet. The timer must not keep a process alive that wants to end.
          await sleep(PAUSE_MS, undefined, { signal: abort.signal }).catch(() => undefined);
        }
      }
      if (abort.signal.aborted) return void (await hearing.sql.end({ timeout: 1 }));
    }
  }

  return {
    async unlisten() {
      abort.abort();
      await running;
    },
  };
}
