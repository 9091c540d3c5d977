import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import { type AlarmRow, clearAlarm, openAlarms, raiseAlarm } from '../../db/queries/alarms.ts';
import type { AlarmKind, Trouble } from '../../domain/alarm.ts';

export interface AlarmsOptions {
  db: Database;
  /** Whether there is a chat to tell. */
  notify: boolean;
  log: Logger;
}

/** Raises and clears alarms, once per cause however many processes look. */
export function createAlarms({ db, notify, log }: AlarmsOptions) {
  async function raise(trouble: Trouble): Promise<string> {
    const { id, raised } = await raiseAlarm(db, trouble, notify);
    if (raised) log.error({ alarm: trouble }, 'Alarm.');
    return id;
  }

  async function clear(cause: Pick<Trouble, 'tenantId' | 'kind' | 'subject'>): Promise<void> {
    const cleared = await clearAlarm(db, cause);
    if (cleared) log.info({ alarm: { kind: cause.kind, subject: cause.subject } }, 'All clear.');
  }

  return {
    raise,
    open: (): Promise<AlarmRow[]> => openAlarms(db),
    /**
     * Makes the open alarms of these kinds be the given ones: raises what is new, clears what is over. `mine` says
     * which of the open ones were looked at. Returns the ids of the given ones, in their order.
     */
    async settle(
      kinds: readonly AlarmKind[],
      troubles: readonly Trouble[],
      mine: (alarm: AlarmRow) => boolean = () => true,
    ): Promise<string[]> {
      const ids: string[] = [];
      for (const trouble of troubles) ids.push(await raise(trouble));
      const over = (await openAlarms(db)).filter(
        (alarm) => kinds.includes(alarm.kind) && !ids.includes(alarm.id) && mine(alarm),
      );
      for (const alarm of over) await clear(alarm);
      return ids;
    },
  };
}

export type Alarms = ReturnType<typeof createAlarms>;
