import type { RunState, WaitingOn } from '../run.ts';
import { phrase, text } from './phrase.ts';

/** Words used everywhere: answers on buttons, states of a run, whom it waits for. */
export const common = {
  'common.yes': text({ ru: 'Да', kk: 'Иә', en: 'Yes' }),
  'common.no': text({ ru: 'Нет', kk: 'Жоқ', en: 'No' }),
  'common.cancel': text({ ru: 'Отменить', kk: 'Бас тарту', en: 'Cancel' }),
  'common.change': text({ ru: 'Исправить', kk: 'Түзету', en: 'Change' }),
  'common.back': text({ ru: 'Назад', kk: 'Артқа', en: 'Back' }),
  'common.skip': text({ ru: 'Пропустить', kk: 'Өткізіп жіберу', en: 'Skip' }),
  'common.waiting_on': phrase<{ waitingOn: WaitingOn }>(
    [{ waitingOn: 'customer' }, { waitingOn: 'manager' }, { waitingOn: 'provider' }, { waitingOn: 'timer' }],
    {
      ru: ({ waitingOn }) => WAITING.ru[waitingOn],
      kk: ({ waitingOn }) => WAITING.kk[waitingOn],
      en: ({ waitingOn }) => WAITING.en[waitingOn],
    },
  ),
  /** A wait, where there is one, says more than "in progress". */
  'common.state': phrase<{ state: RunState; waitingOn?: WaitingOn }>(
    [
      { state: 'queued' },
      { state: 'running' },
      { state: 'running', waitingOn: 'provider' },
      { state: 'running', waitingOn: 'timer' },
      { state: 'waiting_user', waitingOn: 'customer' },
      { state: 'waiting_user', waitingOn: 'manager' },
      { state: 'waiting_user' },
      { state: 'succeeded' },
      { state: 'degraded' },
      { state: 'failed' },
      { state: 'cancelled' },
    ],
    {
      ru: ({ state, waitingOn }) => inWords(state, waitingOn, STATES.ru, WAITING.ru),
      kk: ({ state, waitingOn }) => inWords(state, waitingOn, STATES.kk, WAITING.kk),
      en: ({ state, waitingOn }) => inWords(state, waitingOn, STATES.en, WAITING.en),
    },
  ),
};

const STATES = {
  ru: {
    queued: 'ждёт своей очереди',
    running: 'в работе',
    waiting_user: 'ждёт ответа',
    succeeded: 'выполнено',
    degraded: 'выполнено частично',
    failed: 'не удалось выполнить',
    cancelled: 'отменено',
  },
  kk: {
    queued: 'кезекте тұр',
    running: 'орындалып жатыр',
    waiting_user: 'жауап күтуде',
    succeeded: 'орындалды',
    degraded: 'ішінара орындалды',
    failed: 'орындалмады',
    cancelled: 'тоқтатылды',
  },
  en: {
    queued: 'in the queue',
    running: 'in progress',
    waiting_user: 'waiting for a reply',
    succeeded: 'done',
    degraded: 'partly done',
    failed: 'could not be done',
    cancelled: 'cancelled',
  },
} as const satisfies Record<string, Record<RunState, string>>;

const WAITING = {
  ru: {
    customer: 'ждёт вашего ответа',
    manager: 'ждёт ответа сотрудника',
    provider: 'ждёт ответа другой системы',
    timer: 'ждёт назначенного времени',
  },
  kk: {
    customer: 'сіздің жауабыңызды күтуде',
    manager: 'қызметкердің жауабын күтуде',
    provider: 'басқа жүйенің жауабын күтуде',
    timer: 'белгіленген уақытты күтуде',
  },
  en: {
    customer: 'waiting for your reply',
    manager: 'waiting for a colleague of ours',
    provider: 'waiting for another system',
    timer: 'waiting for the agreed time',
  },
} as const satisfies Record<string, Record<WaitingOn, string>>;

function inWords(
  state: RunState,
  waitingOn: WaitingOn | undefined,
  states: Record<RunState, string>,
  waits: Record<WaitingOn, string>,
): string {
  const open = state === 'running' || state === 'waiting_user';
  return open && waitingOn ? waits[waitingOn] : states[state];
}
