import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { FAULTS } from '../../local/day/scenario.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'local', 'day', 'main.ts');
/** Six hours of the day, in which six things go wrong. */
const FROM = '02:45';
const HOURS = 5.5;
const WITHIN = ['03:00', '04:20', '05:29', '06:00', '07:15', '07:45'];
const LONGEST_MS = 900_000;

let exitCode: number | undefined;
let said = '';

beforeAll(async () => {
  const day = await execa(process.execPath, [MAIN, '--from', FROM, '--hours', String(HOURS)], {
    reject: false,
    all: true,
  });
  exitCode = day.exitCode;
  said = stripVTControlCharacters(day.all ?? '');
}, LONGEST_MS);

/** Lines of the timeline within some minutes, such as `03:01  ▲  Backup/Failing is on`. */
const linesOf = (mark: string) =>
  said
    .split('\n')
    .filter((line) => /^\d\d:\d\d {2}\S/.test(line) && line.slice(7).startsWith(mark))
    .map((line) => `${line.slice(0, 5)} ${line.slice(7 + mark.length).trim()}`);

describe('hours of a day on which the database is down, a set rots, S3 refuses, a task is killed', () => {
  it('end as the scenario says', () => {
    expect(exitCode, said).toBe(0);
    expect(said).toContain('every fault was told of as it should be, and nothing else was');
  });

  it('hold the faults that are over within them', () => {
    expect(linesOf('⚡').filter((line) => !line.includes('put right'))).toEqual(
      FAULTS.filter(({ from }) => WITHIN.includes(from)).map(({ from, name }) => `${from} ${name}`),
    );
  });

  it('have every alarm that goes, with the minute of the simulated day', () => {
    const alarms = linesOf('▲');
    // a first failure is told of within the minute, an age only when two measurements are beyond the limit
    expect(alarms).toEqual(
      expect.arrayContaining([
        '03:01 Backup/Failing is on',
        '03:53 Backup/CriticalStale is on',
        '04:31 Drill/Failing is on',
        '04:53 Backup/ImportantStale is on',
        '05:31 Retention/Failing is on',
        '06:01 Audit/Failing is on',
        '07:16 Backup/Failing is on',
        '07:46 Backup/Failing is on',
      ]),
    );
    expect(linesOf('▽')).toEqual(
      expect.arrayContaining(['04:23 Backup/CriticalStale is off', '05:08 Backup/ImportantStale is off']),
    );
  });

  it('have every message: in Slack what failed, by mail that and the alarms', () => {
    const slack = linesOf('💬').join('\n');
    const mail = linesOf('✉').join('\n');
    for (const error of [
      'BackupConfigurationInvalid',
      'DrillFailed',
      'RetentionFailed',
      'BackupFailed',
      'BackupVerificationFailed',
    ]) {
      expect(slack).toContain(error);
      expect(mail).toContain(error);
    }
    for (const state of ['ALARM', 'OK'])
      expect(mail).toContain(`${state}: "videoplanet-backup/production/Backup/CriticalStale"`);
  });

  it('are summed up: how long until somebody knew, and how long until it was over', () => {
    expect(said).toMatch(/03:00 │ the database is down +│ .* 0 min │ +58 min │/);
    expect(said).toMatch(/│ critical +│ +22 │ +\d+ │/);
  });
});

it('a time that is none is refused, before anything is started', async () => {
  const { exitCode: refused, stderr } = await execa(process.execPath, [MAIN, '--from', '25:00'], {
    reject: false,
  });
  expect(refused).toBe(3);
  expect(stderr).toMatch(/--from 25:00.*expected a time of day/);
});
