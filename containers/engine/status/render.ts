import Table from 'cli-table3';
import type { Language } from '../../../core/environment.ts';
import type { Expectations } from '../../../core/health/expectations.ts';
import type { Finding } from '../../../core/health/finding.ts';
import type { Health, Looked } from '../../../core/health/health.ts';
import type { KindHealth } from '../../../core/health/kind.ts';
import { HEALTH_MESSAGES, type HealthMessages } from '../../../core/messages/health.ts';
import { runbookLink } from '../../../core/runbook.ts';
import type { Status } from './verb.ts';
import { STATUS_WORDS, type StatusWords } from './words.ts';

/** One screen for a person: the verdict, what is wrong, and the figures it was told by. */
export function renderStatus(status: Status, expected: Expectations, language: Language): string {
  const words = STATUS_WORDS[language];
  const say = HEALTH_MESSAGES[language];
  const { findings, health, at, environment } = status;
  const when = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return [
    `${words.verdict[verdictOf(findings)]}  ${environment ?? words.noEnvironment}, ${when}`,
    ...findings.flatMap(({ severity, heading, text }) => [
      `${words.severity[severity]}  ${text[language]}`,
      `    ${heading} → ${runbookLink(heading)}`,
    ]),
    ...(health === undefined
      ? []
      : [kindsTable(health, words, say), ...others(health, expected, words, say)]),
  ].join('\n');
}

export type Verdict = Finding['severity'] | 'green';

/** Findings come worst first. */
function verdictOf([worst]: readonly Finding[]): Verdict {
  return worst?.severity ?? 'green';
}

function kindsTable({ kinds }: Health, words: StatusWords, say: HealthMessages): string {
  const table = new Table({ head: [...words.columns], style: { head: [], border: [], compact: true } });
  for (const { kind, looked } of kinds) {
    if ('problem' in looked) table.push([say.kind[kind], words.notSeen, '', '', '', '', '']);
    else if (looked.seen.made === 'yes' || looked.seen.folders > 0) table.push(row(looked.seen, words, say));
    else table.push([say.kind[kind], notMade(looked.seen, words), '', '', '', '', '']);
  }
  return table.toString();
}

/** No clock makes what restores keep. */
function notMade({ kind, made }: KindHealth, words: StatusWords): string {
  return kind === 'prerestore' || made === 'yes' ? words.none : words.made[made];
}

function row(seen: KindHealth, words: StatusWords, say: HealthMessages): string[] {
  const { kind, made, newest, rpoMinutes, size, duration, shareOfLimit, sets, underWay } = seen;
  const within = newest === undefined || rpoMinutes === null || newest.ageMinutes <= rpoMinutes;
  const rpo = rpoMinutes === null ? '' : `${say.span(rpoMinutes)}${within ? '' : ` ${words.exceeded}`}`;
  const times = (ratio: number | undefined) => (ratio === undefined ? '' : ` (×${ratio.toFixed(2)})`);
  const megabytes = size === undefined ? '' : `${(size.newest / 1e6).toFixed(1)} MB${times(size.ratio)}`;
  const share = shareOfLimit === undefined ? '' : `, ${Math.round(shareOfLimit * 100)} %`;
  const took = duration === undefined ? '' : `${say.span(duration.newest)}${share}${times(duration.ratio)}`;
  return [
    made === 'no' && kind !== 'prerestore' ? `${say.kind[kind]} (${words.made.no})` : say.kind[kind],
    newest?.id ?? words.none,
    newest === undefined ? '' : say.span(newest.ageMinutes),
    rpo,
    megabytes,
    took,
    `${sets}${underWay > 0 ? ` + ${underWay}` : ''}`,
  ];
}

function others(
  { uploads, files, drill, pitr }: Health,
  expected: Expectations,
  words: StatusWords,
  say: HealthMessages,
): string[] {
  const line = <T>(
    name: string,
    looked: Looked<T> | undefined,
    text: (seen: T) => string,
    absent: string,
  ) => {
    if (looked === undefined) return `${name}: ${absent}`;
    return `${name}: ${'seen' in looked ? text(looked.seen) : words.notSeen}`;
  };
  return [
    line(
      words.files,
      files,
      (seen) => (seen.ageMinutes === undefined ? words.none : say.span(seen.ageMinutes)),
      words.made.no,
    ),
    line(
      words.drill,
      drill,
      (seen) => (seen.held && seen.ageDays !== undefined ? say.span(seen.ageDays * 1440) : words.none),
      words.made.no,
    ),
    line(
      words.uploads,
      uploads,
      ({ open, oldest }) => (oldest === undefined ? '0' : `${open} (${say.span(oldest.ageHours * 60)})`),
      '',
    ),
    line(
      words.pitr,
      pitr,
      (state) => {
        if (!state.enabled) return words.off;
        const age = state.newestAgeMinutes === undefined ? words.none : say.span(state.newestAgeMinutes);
        return `${age}; ${state.days.toFixed(1)} / ${expected.pitr.minDays} ${words.days}`;
      },
      words.notAsked,
    ),
  ];
}
