import type { Language } from '../environment.ts';
import type { ScheduledKind } from '../kinds.ts';
import type { Advice } from './messages.ts';
import { NOTICE_EN } from './notice-en.ts';
import { NOTICE_KO } from './notice-ko.ts';

/** Workflows as events name them. */
export const WORKFLOWS = ['backup', 'restore', 'files', 'drill'] as const;
export type Workflow = (typeof WORKFLOWS)[number];
/** How an execution ends that somebody or a time limit ends from outside. */
export const STOPS = ['ABORTED', 'TIMED_OUT'] as const;
export type Stop = (typeof STOPS)[number];

/** What messages say besides what happened. */
export interface NoticeWords {
  readonly kinds: Readonly<Record<ScheduledKind | 'prerestore', string>>;
  readonly titles: {
    readonly restoreDone: string;
    readonly thawing: string;
    readonly drillSkipped: string;
    stopped(workflow: string): string;
    worksAgain(what: string): string;
    over(what: string): string;
    readonly overAtAll: string;
  };
  readonly stopped: Readonly<Record<Stop, Omit<Advice, 'means'>>>;
  /** What an execution leaves that was stopped. */
  readonly stoppedMeans: Readonly<Record<Workflow, string>>;
  /** @param since zone and all; nothing where it is not known */
  worksAgain(failures: number, since: string): string;
  readonly unknownAlarm: Advice;
  /** @param since when the last message of it was sent */
  folded(count: number, since: string | undefined): string;
  started(at: string): string;
  since(at: string): string;
  readonly labels: {
    readonly log: string;
    readonly alarm: string;
    readonly kind: string;
    readonly slot: string;
  };
  /** First line of a mail that stands for a message that Slack did not take. */
  notTold(reason: string): string;
}

const ALL: Readonly<Record<Language, NoticeWords>> = { en: NOTICE_EN, ko: NOTICE_KO };

export function noticeWords(language: Language): NoticeWords {
  return ALL[language];
}
