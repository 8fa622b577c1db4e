import type { ExecutionResult } from '../cloud/execution.ts';
import { type Account, errorText, type StartEnd } from './account.ts';
import type { Transition, Watch } from './alarms.ts';
import type { MovableClock } from './clock.ts';
import type { Journal } from './journal.ts';
import { type Due, duesOf } from './schedules.ts';
import type { Injected } from './verdict.ts';
import type { World } from './world.ts';

const MINUTE = 60_000;
const LONGEST_TEXT = 160;

/** What a span of simulated time is made of. */
export interface Span {
  readonly world: World;
  readonly account: Account;
  readonly watch: Watch;
  readonly clock: MovableClock;
  readonly journal: Journal;
  readonly agenda: Agenda;
  /** What the team's application does to its database now and then. */
  work(): Promise<void>;
  /** Writes down what has been said in Slack and by mail since it was last asked. */
  hear(at: number): void;
}

/** What is to be done at a minute; also the minute at hand. */
export interface Agenda {
  now: number;
  add(at: number, work: () => Promise<void>): void;
  /** All that is due by now, in the order it was added. */
  take(): (() => Promise<void>)[];
}

export function openAgenda(): Agenda {
  let waiting: { readonly at: number; readonly work: () => Promise<void> }[] = [];
  return {
    now: 0,
    add(at, work) {
      waiting.push({ at, work });
    },
    take() {
      const due = waiting.filter(({ at }) => at <= this.now);
      waiting = waiting.filter(({ at }) => at > this.now);
      return due.map(({ work }) => work);
    },
  };
}

/** What was done within a span. */
export interface Tally {
  /** Starts by the name of the schedule, and how many of them ended well. */
  readonly starts: ReadonlyMap<string, { readonly all: number; readonly well: number }>;
}

/**
 * Lives through a span minute by minute: what goes wrong, what is due, what is measured, what is told. All that is due at a
 * minute runs at once, to its end, while the clock goes on as the real one does; then the clock is moved to the next minute
 * at which there is something to do.
 * @param quiet nobody is told of alarms: the time in which they learn what is normal
 */
export async function live(
  span: Span,
  { from, to, injected, quiet }: { from: number; to: number; injected: readonly Injected[]; quiet: boolean },
): Promise<Tally> {
  const { agenda, clock, account, watch, journal } = span;
  const dues = duesOf(span.world.schedules, from, to);
  const tally = new Map<string, { all: number; well: number }>();
  for (const each of injected) addFault(span, each);
  for (let minute = from; minute < to; minute += MINUTE) {
    agenda.now = minute;
    // one after the other, and first: what goes wrong comes before what it makes go wrong
    for (const work of agenda.take()) {
      clock.moveTo(minute);
      await work();
    }
    const starting = dues.filter(({ at, schedule }) => at === minute && schedule.enabled);
    if (starting.length > 0) {
      clock.moveTo(minute);
      await span.work();
      await Promise.all(starting.map((each) => start(span, each, tally)));
    }
    span.hear(minute);
    account.countMinute();
    agenda.now = minute + MINUTE;
    const transitions = watch.evaluate(minute + MINUTE);
    if (quiet) continue;
    for (const transition of transitions) await tell(span, transition);
    span.hear(minute + MINUTE);
  }
  journal.close();
  return { starts: tally };
}

function addFault({ agenda, journal, world }: Span, { fault, from, until }: Injected): void {
  agenda.add(from, async () => {
    journal.add(from, 'fault', fault.name);
    await fault.begin(world);
  });
  const { end } = fault;
  if (end === undefined) return;
  agenda.add(until, async () => {
    await end(world);
    journal.add(until, 'fault', `put right: ${fault.name}`);
  });
}

async function start(
  { account, journal }: Span,
  { schedule, at }: Due,
  tally: Map<string, { all: number; well: number }>,
): Promise<void> {
  const end = await account.start(schedule, at);
  const problem = problemOf(end);
  const { all, well } = tally.get(schedule.name) ?? { all: 0, well: 0 };
  tally.set(schedule.name, { all: all + 1, well: well + (problem === undefined ? 1 : 0) });
  if (problem === undefined) journal.routine(at, schedule.name);
  else journal.add(at, 'run', `${schedule.name}: ${problem}`);
}

/** What is wrong with the end of a start; nothing where it ended well. */
export function problemOf(end: StartEnd): string | undefined {
  switch (end.kind) {
    case 'dead-letter':
      return 'could not be started; its start is in the dead-letter queue';
    case 'function':
      return end.error === undefined ? undefined : shortened(errorText(end.error));
    case 'execution':
      return end.result.status === 'SUCCEEDED' ? undefined : shortened(endOf(end.result));
  }
}

function endOf({ status, error, cause }: ExecutionResult): string {
  return [status, error, cause?.split('\n')[0]].filter((part) => part !== undefined).join(': ');
}

function shortened(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

async function tell({ clock, journal, account }: Span, transition: Transition): Promise<void> {
  const { alarm, from, to, at } = transition;
  clock.moveTo(at);
  if (to === 'ALARM') journal.add(at, 'alarm', `${alarm.heading} is on`);
  else if (from === 'ALARM') journal.add(at, 'recovered', `${alarm.heading} is off`);
  await account.tell(transition);
}
