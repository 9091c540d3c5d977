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
    /** Resolves when the victim is dead and what was held is let go; `back`, when it is ready again. */
    async kill(victim: Victim, held: readonly Lane[]): Promise<{ kill: Kill; back: Promise<void> }> {
      stack.tracker.holding = 'patient';
      const before = await sending();
      const kill: Kill = {
        victim,
        at: Date.now(),
        backAfterMs: 0,
        boundaries: held.flatMap(({ park }) => park?.boundary ?? []),
        inFlight: before,
        bystanders: [],
      };
      const know = async () => {
        kill.inFlight = [...new Set([...kill.inFlight, ...(await sending())])];
      };
      await stack.victims[victim].kill();
      if (victim === 'worker') stack.tracker.forgetTasks();
      await sleep(CLOSING_MS);
      for (const lane of held) lane.release(victim === 'api');
      if (victim !== 'postgres') await know();

      const restart = async () => {
        await stack.victims[victim].start();
        kill.backAfterMs = Date.now() - kill.at;
        if (victim === 'postgres') await know();
        for (const [name, role] of Object.entries(stack.roles)) {
          if (!role.lost) continue;
          kill.bystanders.push(name);
          await role.start();
        }
        stack.tracker.holding = 'all';
        const others = kill.bystanders.length > 0 ? ` ${kill.bystanders.join(', ')} ended as well!` : '';
        log(`${victim} killed with ${held.length} held, back after ${kill.backAfterMs} ms.${others}`);
      };
      return { kill, back: restart() };
    },
  };
}
