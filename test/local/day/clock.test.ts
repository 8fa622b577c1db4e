import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { clockEnvironment, movableClock } from '../../../local/day/clock.ts';

const PROBE = join(import.meta.dirname, 'clock-probe.ts');
const FIRST = Date.parse('2026-10-25T16:00:00Z');
const SECOND = Date.parse('2026-11-01T15:00:00Z');
/** The clock goes on while servers start; a machine that needs an hour for it has another problem. */
const HOUR = 60 * 60_000;

it('everything believes the clock, from the moment it is moved, and it never goes back', async () => {
  const { stdout } = await execa(process.execPath, [PROBE, String(FIRST), String(SECOND)], {
    env: await clockEnvironment(),
  });
  const { before, after, stillAfter, sleptMs } = JSON.parse(stdout);
  expect(Object.keys(before)).toEqual(['here', 'emulator', 'database', 'child']);
  for (const [times, instant] of [
    [before, FIRST],
    [after, SECOND],
    [{ stillAfter }, SECOND],
  ]) {
    const off = Object.values<number>(times).map((time) => time - instant);
    // S3 tells whole seconds
    expect(Math.min(...off), stdout).toBeGreaterThanOrEqual(-1000);
    expect(Math.max(...off), stdout).toBeLessThan(HOUR);
  }
  // what programs wait by is not moved along
  expect(sleptMs).toBeGreaterThan(100);
});

it('a process that was not started with such a clock has none', () => {
  expect(movableClock()).toBeUndefined();
});
