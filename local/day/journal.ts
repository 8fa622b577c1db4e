import { styleText } from 'node:util';
import { offsetAt } from './due-times.ts';

export type EntryKind = 'fault' | 'run' | 'alarm' | 'recovered' | 'slack' | 'mail';

/** One line of the day. */
export interface Entry {
  readonly at: number;
  readonly kind: EntryKind;
  readonly text: string;
  /** All of a message of which `text` is the first line. */
  readonly whole?: string;
}

/** What happened, in order; told as it happens. */
export interface Journal {
  readonly entries: readonly Entry[];
  add(at: number, kind: EntryKind, text: string, whole?: string): void;
  /** A start that went as it should: told as one line for each hour. */
  routine(at: number, what: string): void;
  /** Tells what is left to tell. */
  close(): void;
  /** `03:15` on the clocks of the zone. */
  clock(at: number): string;
}

const HOUR = 60 * 60_000;
const MARKS: Readonly<Record<EntryKind, string>> = {
  fault: styleText('magenta', '⚡'),
  run: styleText('red', '✘'),
  alarm: styleText('red', '▲'),
  recovered: styleText('green', '▽'),
  slack: styleText('cyan', '💬'),
  mail: styleText('cyan', '✉'),
};

/** @param print takes a line */
export function openJournal(timeZone: string, print: (line: string) => void): Journal {
  const entries: Entry[] = [];
  let hour = Number.NaN;
  const routine = new Map<string, number>();
  const clock = (at: number) => new Date(at + offsetAt(timeZone, at)).toISOString().slice(11, 16);
  const close = () => {
    if (routine.size === 0) return;
    const counts = [...routine].map(([what, times]) => `${times} ${what}`).join(', ');
    print(styleText('dim', `${clock(hour)}  ·  ended well within the hour: ${counts}`));
    routine.clear();
  };
  /** An hour is told when it is over, before what comes after it. */
  const turn = (at: number) => {
    const now = Math.floor(at / HOUR) * HOUR;
    if (now !== hour) close();
    hour = now;
  };
  return {
    entries,
    clock,
    close,
    add(at, kind, text, whole = text) {
      turn(at);
      entries.push({ at, kind, text, whole });
      print(`${clock(at)}  ${MARKS[kind]}  ${text}`);
    },
    routine(at, what) {
      turn(at);
      routine.set(what, (routine.get(what) ?? 0) + 1);
    },
  };
}
