import type { AlarmKind, AlarmSeverity, AlarmWords } from '../alarm.ts';
import type { Locale } from '../locale.ts';
import { CATALOGUE, say } from './catalogue.ts';

interface Alarm {
  kind: AlarmKind;
  severity: AlarmSeverity;
  /** As they were stored; what is missing is left out of the sentence. */
  words: AlarmWords;
}

/** What an alarm is about, in a sentence. */
export function alarmSentence(locale: Locale, { kind, words }: Pick<Alarm, 'kind' | 'words'>): string {
  const render = CATALOGUE[`alarm.${kind}`].say[locale] as (params: AlarmWords) => string;
  return render(words);
}

/** What the people on call read when it begins. */
export const raisedNotice = (locale: Locale, alarm: Alarm): string =>
  say(locale, 'alarm.raised', { severity: alarm.severity, what: alarmSentence(locale, alarm) });

/** What they read when it is over. */
export const clearedNotice = (locale: Locale, alarm: Alarm, ms: number): string =>
  say(locale, 'alarm.cleared', {
    minutes: Math.max(1, Math.round(ms / 60_000)),
    what: alarmSentence(locale, alarm),
  });
