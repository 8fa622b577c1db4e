import { type Account, openAccount } from './account.ts';
import { alarmsOf, watch } from './alarms.ts';
import type { MovableClock } from './clock.ts';
import { live, openAgenda, problemOf, type Span } from './day.ts';
import { offsetAt } from './due-times.ts';
import { openJournal } from './journal.ts';
import { collectMetrics } from './metrics.ts';
import { summaryText } from './report.ts';
import { DAY, FAULTS } from './scenario.ts';
import { demandRights, duesOf, schedulesOf } from './schedules.ts';
import { ENVIRONMENT, type Stage, type Started, setStage } from './stage.ts';
import { judge } from './verdict.ts';
import type { World } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Alarms look at up to four periods of a quarter of an hour: so long does it take until they know what is normal. */
const WARM_UP = HOUR;
/** Longer than from one weekly set to the next. */
const BEFORE = 8 * 24 * HOUR;

export interface DayOptions {
  /** Time of day at which it begins: `02:45`. */
  readonly from: string;
  readonly hours: number;
  print(line: string): void;
}

/**
 * Simulates the day, or some hours of it.
 * @param started takes what is to be stopped
 * @returns whether everything came as the scenario says
 */
export async function runDay(
  clock: MovableClock,
  started: Started,
  { from, hours, print }: DayOptions,
): Promise<boolean> {
  const beginning = performance.now();
  const midnight = Date.parse(`${DAY}T00:00:00Z`);
  const timeZone = 'Asia/Seoul';
  const at = (time: string) => midnight - offsetAt(timeZone, midnight) + minutesOf(time) * MINUTE;
  const [begin, end] = [at(from), at(from) + hours * HOUR];
  const injected = FAULTS.map((fault) => ({
    ...{ fault, from: at(fault.from), until: at(fault.until), over: at(fault.over) },
    lasting: new Map(Object.entries(fault.lasting ?? {}).map(([heading, until]) => [heading, at(until)])),
  })).filter((each) => each.from >= begin && each.over <= end);
  print(`Setting up ${ENVIRONMENT} on this machine, and the week before …`);
  const { span, metrics } = await setUp(clock, started, { begin, timeZone, print });
  const setUpSeconds = (performance.now() - beginning) / 1000;
  print(`\n${DAY}, ${from} and ${hours} hours from then, ${timeZone}: ${injected.length} faults\n`);
  const lived = performance.now();
  const tally = await live(span, { from: begin, to: end, injected, quiet: false });
  const { watch: alarms, journal } = span;
  const headings = alarms.alarms.map(({ heading }) => heading);
  const verdict = judge(injected, journal.entries, headings);
  print(
    summaryText({
      ...{ verdict, tally, journal, hours, alarms: headings.length },
      silent: alarms.alarms.filter(({ metric }) => !metrics.known(metric)).map(({ heading }) => heading),
      seconds: { setUp: setUpSeconds, lived: (performance.now() - lived) / 1000 },
    }),
  );
  return verdict.problems.length === 0;
}

interface SetUp {
  readonly begin: number;
  readonly timeZone: string;
  print(line: string): void;
}

/** Sets the stage, does what a week without faults would have left, and lets the alarms learn what is normal. */
async function setUp(clock: MovableClock, started: Started, { begin, timeZone, print }: SetUp) {
  const agenda = openAgenda();
  const metrics = collectMetrics();
  const hooks = {};
  // calls are made only once the account is open
  let account: Account | undefined;
  let world: World | undefined;
  const stage = await setStage(clock, begin - BEFORE, started, {
    onCall: (call) => account?.countCall(call),
    onTask: (task) => world?.onTask?.(task),
  });
  const { cloud } = stage;
  account = openAccount({
    ...{ cloud, metrics, hooks },
    now: () => agenda.now,
    later: (at, work) => agenda.add(at, work),
  });
  const schedules = schedulesOf(cloud);
  await demandRights(cloud, schedules);
  world = { ...stage, account, hooks, schedules, onTask: undefined };
  const journal = openJournal(timeZone, print);
  const span: Span = {
    ...{ world, account, clock, agenda, journal },
    watch: watch(alarmsOf(cloud), metrics),
    work: stage.work,
    hear: listener(stage, journal),
  };
  await liveBefore(span, begin - WARM_UP);
  const silent = { ...span, journal: openJournal(timeZone, () => undefined) };
  await live(silent, { from: begin - WARM_UP, to: begin, injected: [], quiet: true });
  return { span, metrics };
}

/** Every schedule's last start that was due before: sets that exist, and what is done daily. @throws {Error} one did not end well */
async function liveBefore({ world, account, agenda, clock }: Span, before: number): Promise<void> {
  const last = world.schedules
    .filter(({ enabled }) => enabled)
    .flatMap((schedule) => duesOf([schedule], before - BEFORE, before).slice(-1));
  for (const { schedule, at } of last.sort((a, b) => a.at - b.at)) {
    agenda.now = at;
    clock.moveTo(at);
    const problem = problemOf(await account.start(schedule, at));
    if (problem !== undefined)
      throw new Error(`${schedule.name} of before the day did not end well, expected it to: ${problem}`);
  }
}

/** Writes what is new in Slack and in the mail into the journal. */
function listener({ slack, cloud }: Stage, journal: Span['journal']): (at: number) => void {
  let [said, mailed] = [0, 0];
  return (at) => {
    for (const text of slack.messages.slice(said)) journal.add(at, 'slack', titleOf(text), text);
    for (const { subject, message } of cloud.publications.slice(mailed))
      journal.add(at, 'mail', subject ?? titleOf(message), message);
    [said, mailed] = [slack.messages.length, cloud.publications.length];
  };
}

/** The first line, without the marks of Slack. */
function titleOf(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/^(:\w+: )?"?/, '').replaceAll(/[*"]/g, '');
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
