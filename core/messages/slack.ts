import { clockText } from '../instant-text.ts';
import { redactAll } from '../redact.ts';
import { alarmNotice } from './alarm-notice.ts';
import { type Block, blocksOf } from './blocks.ts';
import { COST_HEADING, costWords } from './cost.ts';
import type { EventOf, SlackEvent } from './events.ts';
import { failureNotice, stoppedNotice, worksAgainNotice } from './failure-notice.ts';
import { messagesOf } from './index.ts';
import { mailTextOf, type Notice, slackTextOf } from './notice.ts';
import { type Audience, meansAndTodo, runbookPlace } from './notice-parts.ts';
import { noticeWords } from './notice-words.ts';
import { drillNotice, restoreNotice, skippedNotice } from './restore-notice.ts';

/** How many messages of one cause were not sent, and since when. */
export interface Folded {
  readonly count: number;
  /** Nothing where it is not known. */
  readonly since: Date | undefined;
}

/** What Slack is sent. */
export interface SlackMessage {
  /** Shown where blocks are not: in notifications, to a screen reader. */
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** The message: what happened, what it means, what to do, and where to look; nothing secret in it (spec S2). */
export function slackMessage(event: SlackEvent, audience: Audience, folded?: Folded): SlackMessage {
  const notice = noticeOf(event, audience, folded);
  return { text: slackTextOf(notice), blocks: blocksOf(notice) };
}

/** The same for a mail, where Slack did not take it. @param reason in words, without the address it was sent to */
export function insteadOfSlack(
  event: SlackEvent,
  audience: Audience,
  reason: string,
  folded?: Folded,
): { readonly subject: string; readonly text: string } {
  const { title } = noticeOf(event, { ...audience, language: 'en' });
  const first = redactAll(noticeWords(audience.language).notTold(reason));
  return {
    subject: `VideoPlanet Backup (${audience.environment}): ${title}`,
    text: `${first}\n\n${mailTextOf(noticeOf(event, audience, folded))}`,
  };
}

/** @returns what people are told, without what opens something */
function noticeOf(event: SlackEvent, audience: Audience, folded?: Folded): Notice {
  const notice = redactAll(build(event, audience));
  const { labels } = messagesOf(audience.language);
  const words = noticeWords(audience.language);
  const since = folded?.since === undefined ? undefined : clockText(folded.since, audience.timeZone);
  return {
    ...notice,
    facts: [{ label: labels.environment, value: audience.environment }, ...notice.facts],
    footer: [
      ...(folded === undefined || folded.count === 0 ? [] : [words.folded(folded.count, since)]),
      ...notice.footer,
    ],
  };
}

function build(event: SlackEvent, audience: Audience): Notice {
  switch (event.kind) {
    case 'failed':
      return failureNotice(event, audience);
    case 'stopped':
      return stoppedNotice(event, audience);
    case 'works-again':
      return worksAgainNotice(event, audience);
    case 'alarm':
      return alarmNotice(event, audience);
    case 'cost':
      return costNotice(event, audience);
    case 'drill':
      return drillNotice(event, audience);
    case 'drill-skipped':
      return skippedNotice(event, audience);
    default:
      return restoreNotice(event, audience);
  }
}

function costNotice(event: EventOf<'cost'>, { language }: Audience): Notice {
  const { mark, advice, parts, facts } = costWords(event, language);
  return {
    mark,
    title: advice.happened,
    parts: [...meansAndTodo(advice, language), ...parts],
    facts,
    places: [runbookPlace(COST_HEADING, language)],
    footer: [],
  };
}
