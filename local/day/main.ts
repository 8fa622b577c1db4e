import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { adoptProcess } from '../processes.ts';
import { ClockCannotBeFaked, clockEnvironment, movableClock } from './clock.ts';
import { runDay } from './run.ts';
import type { Started } from './stage.ts';

const USAGE =
  'npm run day [-- --from HH:MM] [--hours N]: simulates the day, or those hours of it; faults that are not over by then are left out';

/** Everything that was started, so that it ends however the day ends. */
const started: Started = [];

/** The last first: what runs in the cloud takes back what it began before its S3 goes. */
async function stopAll(): Promise<void> {
  for (const each of started.splice(0).reverse()) await each.stop().catch(tellTrouble);
}

function tellTrouble(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}

/** A clock that can be moved is given to a process when it starts: so this one starts itself again. */
async function startAgain(): Promise<void> {
  const child = spawn(process.execPath, process.argv.slice(1), {
    env: { ...process.env, ...(await clockEnvironment()) },
    stdio: 'inherit',
  });
  adoptProcess(child, 'SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void child.kill(signal));
  await new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      process.exitCode = code ?? 1;
      resolve();
    });
  });
}

function options(): { from: string; hours: number } {
  const { values } = parseArgs({ options: { from: { type: 'string' }, hours: { type: 'string' } } });
  const from = values.from ?? '00:00';
  const hours = Number(values.hours ?? 24);
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(from) && hours > 0 && hours <= 24) return { from, hours };
  throw new TypeError(
    `got --from ${from} --hours ${values.hours}, expected a time of day and up to 24; ${USAGE}`,
  );
}

async function main(): Promise<void> {
  const asked = options();
  const clock = movableClock();
  if (clock === undefined) return startAgain();
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // a terminal tells both of us, and the one who started us passes it on
      if (stopping) return;
      stopping = true;
      tellTrouble(`stopped by ${signal}, cleaning up`);
      void stopAll().finally(() => process.exit(1));
    });
  }
  const good = await runDay(clock, started, {
    ...asked,
    print: (line) => void process.stdout.write(`${line}\n`),
  });
  if (!good) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  tellTrouble(error);
  process.exitCode = error instanceof ClockCannotBeFaked || error instanceof TypeError ? 3 : 1;
} finally {
  await stopAll();
}
