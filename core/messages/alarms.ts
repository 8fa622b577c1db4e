import type { Language } from '../environment.ts';
import { ALARMS_EN } from './alarms-en.ts';
import { HEALTH_ALARMS_EN } from './alarms-health-en.ts';
import { HEALTH_ALARMS_KO } from './alarms-health-ko.ts';
import { ALARMS_KO } from './alarms-ko.ts';
import type { Advice } from './messages.ts';

/** What is told of one alarm. */
export interface AlarmWords extends Advice {
  /** That it is over, for a state that lasts; of an event that happened nothing ends. */
  readonly over?: string;
}
/** By heading of the runbook. */
export type AlarmTexts = Readonly<Record<string, AlarmWords>>;

const ALL: Readonly<Record<Language, AlarmTexts>> = {
  en: { ...ALARMS_EN, ...HEALTH_ALARMS_EN },
  ko: { ...ALARMS_KO, ...HEALTH_ALARMS_KO },
};

/** The words for an alarm; nothing for one that is not known here, whose own description has to do. */
export function alarmWords(language: Language, heading: string): AlarmWords | undefined {
  const texts = ALL[language];
  return Object.hasOwn(texts, heading) ? texts[heading] : undefined;
}
