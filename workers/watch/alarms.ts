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

/** An alarm from its raising to its clearing. */
export interface Incident {
  id: string;
  raisedAt: Date;
}

/** Raises and clears alarms, once per cause however many processes look. */
export function createAlarms({ db, notify, log }: AlarmsOptions) {
  async function raise(trouble: Trouble): Promise<Incident> {
    const { raised, ...incident } = await raiseAlarm(db, trouble, notify);
    if (raised) log.error({ alarm: trouble }, 'Alarm.');
    return incident;
  }

  async function clear(cause: Pick<Trouble, 'tenantId' | 'kind' | 'subject'>): Promise<void> {
    const cleared = await clearAlarm(db, cause);
    if (cleared) log.info({ alarm: { kind: cause.kind, subject: cause.subject } }, 'All clear.');
  }

  return {
    open: (): Promise<AlarmRow[]> => openAlarms(db),
    /**
     * Makes the open alarms of these kinds be the given ones: raises what is new, clears what is over. `mine` says
     * which of the open ones were looked at. Returns the given ones, in their order.
     */
    async settle(
      kinds: readonly AlarmKind[],
      troubles: readonly Trouble[],
      mine: (alarm: AlarmRow) => boolean = () => true,
    ): Promise<Incident[]> {
      const incidents: Incident[] = [];
      for (const trouble of troubles) incidents.push(await raise(trouble));
      const ids = incidents.map(({ id }) => id);
      const over = (await openAlarms(db)).filter(
        (alarm) => kinds.includes(alarm.kind) && !ids.includes(alarm.id) && mine(alarm),
      );
      for (const alarm of over) await clear(alarm);
      return incidents;
    },
  };
}

export type Alarms = ReturnType<typeof createAlarms>;
