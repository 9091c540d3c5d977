import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from './stack/stack.ts';
import type { Victim } from './stack/victims.ts';
import type { Lane } from './wire/lane.ts';

/** One kill of one victim. */
export interface Kill {
  victim: Victim;
  /** Milliseconds since 1970. */
  at: number;
  /** How long it took until the victim was ready again. */
  backAfterMs: number;
  /** Boundaries at which something was held. */
  boundaries: string[];
  /** Sends of which nobody could know at that moment. */
  inFlight: string[];
  /** Processes that ended although nobody had killed them. */
  bystanders: string[];
}

/** How long connections of a dead process take to be seen as closed. */
const CLOSING_MS = 60;

/** Kills with SIGKILL, lets go what was held, and starts the victim again. */
export function createKiller(stack: Stack, log: (line: string) => void) {
  /** Retried, since the database may be the victim. */
  async function sending(): Promise<string[]> {
    for (;;) {
      try {
        const rows = await stack.sql<{ id: string }[]>`select id from sends where state = 'sending'`;
        return rows.map(({ id }) => id);
      } catch {
        await sleep(50);
      }
    }
  }

  return {
    async kill(victim: Victim, held: readonly Lane[]): Promise<Kill> {
      const before = await sending();
      const at = Date.now();
      await stack.victims[victim].kill();
      if (victim === 'worker') stack.tracker.forgetTasks();
      await sleep(CLOSING_MS);
      for (const lane of held) lane.release(victim === 'api');
      const during = victim === 'postgres' ? [] : await sending();
      await stack.victims[victim].start();
      const backAfterMs = Date.now() - at;
      const after = victim === 'postgres' ? await sending() : [];
      const bystanders: string[] = [];
      for (const [name, role] of Object.entries(stack.roles)) {
        if (!role.lost) continue;
        bystanders.push(name);
        await role.start();
      }
      log(
        `${victim} killed with ${held.length} held, back after ${backAfterMs} ms.${bystanders.length > 0 ? ` ${bystanders.join(', ')} ended as well!` : ''}`,
      );
      return {
        victim,
        at,
        backAfterMs,
        boundaries: held.flatMap(({ park }) => park?.boundary ?? []),
        inFlight: [...new Set([...before, ...during, ...after])],
        bystanders,
      };
    },
  };
}
