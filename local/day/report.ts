import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Tally } from './day.ts';
import type { Journal } from './journal.ts';
import type { Consequence, Verdict } from './verdict.ts';

/** What the day is summed up in. */
export interface Summary {
  readonly verdict: Verdict;
  readonly tally: Tally;
  readonly journal: Journal;
  /** Alarms whose metric nothing has reported; each by its heading. */
  readonly silent: readonly string[];
  readonly alarms: number;
  readonly seconds: { readonly setUp: number; readonly lived: number };
  readonly hours: number;
}

/** The tables and sentences at the end of a day. */
export function summaryText(summary: Summary): string {
  const { verdict, seconds, hours, silent, alarms } = summary;
  const lines = [
    styleText('bold', '\nWhat went wrong, and who heard of it when (minutes of simulated time)'),
    faultTable(summary),
    styleText('bold', '\nWhat ran'),
    runTable(summary),
    `\n${hours} h in ${seconds.lived.toFixed(0)} s, after ${seconds.setUp.toFixed(0)} s of setting up.`,
    'Real: the templates, engine, PostgreSQL, gpg, zstd, functions, workflows, the bucket (moto), every message. Played: the',
    'clock (libfaketime), EventBridge, CloudWatch, Step Functions, Fargate. An alarm goes here within the minute; CloudWatch takes',
    'one or two more. Processes of functions are kept warm, and those of tasks are started ahead of time.',
    ...(silent.length === 0 ? [] : [`Alarms nothing reported to: ${silent.join(', ')} (of ${alarms}).`]),
  ];
  const end =
    verdict.problems.length === 0
      ? [styleText('green', '\n✔ every fault was told of as it should be, and nothing else was')]
      : [
          styleText('red', `\n✘ ${verdict.problems.length} things were not as they should be`),
          ...verdict.problems.map((problem) => `  - ${problem}`),
        ];
  return `${[...lines, ...end].join('\n')}\n`;
}

function faultTable({ verdict, journal }: Summary): string {
  const table = new Table({
    head: ['from', 'fault', 'alarms', 'first word after', 'over, once put right, after', 'Slack', 'mail'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
    wordWrap: true,
    colWidths: [7, 44, 24, 12, 16, 7, 6],
  });
  for (const consequence of verdict.consequences) table.push(faultRow(consequence, journal));
  return table.toString();
}

function faultRow(
  { injected, alarms, toldAfterMinutes, overAfterMinutes, messages }: Consequence,
  journal: Journal,
) {
  const minutes = (value: number | undefined) => {
    if (value === undefined) return '–';
    // an alarm of single failures goes off while the fault is still there, if nothing else fails
    return value < 0 ? `${-value} min before` : `${value} min`;
  };
  return [
    journal.clock(injected.from),
    injected.fault.name,
    alarms.length === 0 ? 'none' : alarms.join('\n'),
    minutes(toldAfterMinutes),
    minutes(overAfterMinutes),
    messages.slack,
    messages.mail,
  ];
}

function runTable({ tally }: Summary): string {
  const table = new Table({
    head: ['schedule', 'starts', 'ended well'],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const [name, { all, well }] of tally.starts) table.push([name, all, well]);
  return table.toString();
}
