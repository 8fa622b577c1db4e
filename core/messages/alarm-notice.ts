import { headingOfAlarm } from '../alerts/alarm-name.ts';
import { clockText } from '../instant-text.ts';
import { alarmWords } from './alarms.ts';
import type { EventOf } from './events.ts';
import { messagesOf } from './index.ts';
import type { Notice, Place } from './notice.ts';
import { type Audience, meansAndTodo, runbookPlace } from './notice-parts.ts';
import { noticeWords } from './notice-words.ts';

/** An alarm that went on, or that is over. */
export function alarmNotice(event: EventOf<'alarm'>, audience: Audience): Notice {
  const { language, environment } = audience;
  const { titles, unknownAlarm } = noticeWords(language);
  const { detail } = event;
  const heading = headingOfAlarm(environment, detail.alarmName);
  const words = alarmWords(language, heading);
  const description = linesOf(detail.configuration?.description ?? '');
  const common = {
    facts: [],
    places: [alarmPlace(event, heading, audience), ...description.places, runbookPlace(heading, language)],
    footer: sinceLine(event.at, audience),
  };
  if (detail.state.value === 'OK')
    return {
      ...common,
      mark: 'white_check_mark',
      title: titles.over(words?.over ?? words?.happened ?? heading),
      parts: [],
    };
  return {
    ...common,
    mark: 'rotating_light',
    title: words?.happened ?? `${unknownAlarm.happened}: ${heading}`,
    parts: [
      ...meansAndTodo(words ?? unknownAlarm, language),
      ...(words !== undefined || description.text === ''
        ? []
        : [{ label: messagesOf(language).labels.details, text: description.text, quoted: true }]),
    ],
  };
}

/** What the stack wrote into an alarm's description: sentences, and lines that say where to look. */
function linesOf(description: string): { readonly text: string; readonly places: readonly Place[] } {
  const lines = description.split('\n');
  const places = lines.flatMap((line): Place[] => {
    const [, label, url] = /^([^:]+): (https:\/\/\S+)$/.exec(line) ?? [];
    return label === undefined || url === undefined ? [] : [{ label, name: new URL(url).hostname, url }];
  });
  const text = lines.filter((line) => !/^[^:]+: (https:\/\/\S+|docs\/\S+)$/.test(line)).join(' ');
  return { text: text.trim(), places };
}

function alarmPlace({ region, detail }: EventOf<'alarm'>, heading: string, { language }: Audience): Place {
  const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`;
  return {
    label: noticeWords(language).labels.alarm,
    name: heading,
    url: `${console}#alarmsV2:alarm/${encodeURIComponent(detail.alarmName)}`,
  };
}

function sinceLine(at: string, { language, timeZone }: Audience): string[] {
  const instant = new Date(at);
  return Number.isNaN(instant.getTime()) ? [] : [noticeWords(language).since(clockText(instant, timeZone))];
}
