import { clockText } from '../instant-text.ts';
import { WORKFLOW_ERROR } from '../names.ts';
import { backupOf, type EventOf, inputOf } from './events.ts';
import { messagesOf } from './index.ts';
import type { Notice } from './notice.ts';
import {
  type Audience,
  adviceParts,
  backupFacts,
  executionPlace,
  runbookPlace,
  startedLine,
  wordOf,
} from './notice-parts.ts';
import { noticeWords, type Stop, type Workflow } from './notice-words.ts';

/** First part of the headings of a workflow in the runbook. */
const HEADINGS: Readonly<Record<Workflow, string>> = {
  backup: 'Backup',
  restore: 'Restore',
  files: 'Files',
  drill: 'Drill',
};
const STOP_HEADINGS: Readonly<Record<Stop, string>> = { ABORTED: 'Aborted', TIMED_OUT: 'TimedOut' };

/** An execution that failed, in the words of the error it ended with, and in those of what failed. */
export function failureNotice(event: EventOf<'failed'>, audience: Audience): Notice {
  const { language } = audience;
  const { failed, labels } = messagesOf(language);
  const { error, cause, remains, log } = event.explained;
  const known = Object.values(WORKFLOW_ERROR).find((name) => name === error) ?? WORKFLOW_ERROR.unexpected;
  return {
    mark: 'rotating_light',
    title: `${labels[event.workflow]}: ${error}`,
    parts: [
      ...adviceParts(failed[known], language),
      { label: labels.details, text: cause, quoted: true },
      ...(remains == null ? [] : [{ text: remains[language] }]),
    ],
    facts: event.workflow === 'backup' ? backupFacts(event.input, language) : [],
    places: [
      executionPlace(event.execution, language),
      ...(log === undefined
        ? []
        : [{ label: noticeWords(language).labels.log, name: 'CloudWatch', url: log }]),
      runbookPlace(known === error ? error : WORKFLOW_ERROR.unexpected, language),
    ],
    footer: startedLine(event.execution.startedAt, audience),
  };
}

/** An execution that was ended from outside. */
export function stoppedNotice({ workflow, detail }: EventOf<'stopped'>, audience: Audience): Notice {
  const { language } = audience;
  const words = noticeWords(language);
  const advice = { ...words.stopped[detail.status], means: words.stoppedMeans[workflow] };
  return {
    mark: 'octagonal_sign',
    title: words.titles.stopped(messagesOf(language).labels[workflow]),
    parts: adviceParts(advice, language),
    facts: workflow === 'backup' ? backupFacts(inputOf(detail), language) : [],
    places: [
      executionPlace({ id: detail.executionArn, name: detail.name }, language),
      runbookPlace(`${HEADINGS[workflow]}/${STOP_HEADINGS[detail.status]}`, language),
    ],
    footer: startedLine(detail.startDate, audience),
  };
}

/** A run that went well after others that did not: until it is told, people take it that the last one failed. */
export function worksAgainNotice(event: EventOf<'works-again'>, audience: Audience): Notice {
  const { language, timeZone } = audience;
  const words = noticeWords(language);
  const label = messagesOf(language).labels[event.workflow];
  const kind = event.workflow === 'backup' ? backupOf(event.input)?.kind : undefined;
  const what = kind === undefined ? label : `${label} (${wordOf(words.kinds, kind)})`;
  return {
    mark: 'white_check_mark',
    title: words.titles.worksAgain(what),
    parts: [{ text: words.worksAgain(event.failures, clockText(new Date(event.since), timeZone)) }],
    facts: event.workflow === 'backup' ? backupFacts(event.input, language) : [],
    places: [executionPlace(event.execution, language)],
    footer: startedLine(event.execution.startedAt, audience),
  };
}
