import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase } from '../support/engine.ts';
import { expectError, expectRefused, runIn, without, withPassword } from '../support/fault-guard.ts';
import { type FaultRun, prepareRun } from '../support/fault-run.ts';

const DAILY = ['backup', '--kind', 'daily'];
let run: FaultRun;
let folder: string;
beforeAll(async () => {
  const source = await makeDatabase(17);
  await source.query('CREATE TABLE small AS SELECT 1 AS id');
  run = await prepareRun({ url: withPassword(source.url) }, {});
  folder = await mkdtemp(join(tmpdir(), 'vpf-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a command line the engine does not know is refused', () => {
  it.each([
    ['no verb', [], /backup.*restore|--help/s],
    ['an unknown verb', ['bakcup'], /bakcup.*backup/s],
    ['an unknown option', [...DAILY, '--fast'], /--fast/],
    ['an argument too many', [...DAILY, 'now'], /now|too many arguments/],
    ['no kind', ['backup'], /--kind/],
    ['an unknown kind', ['backup', '--kind', 'hourly'], /hourly.*daily.*weekly.*important.*critical/s],
    ['a slot without a zone', [...DAILY, '--slot', '2026-11-24T02:00:00'], /2026-11-24T02:00:00.*zone/s],
    ['a slot on a day there is not', [...DAILY, '--slot', '2026-02-30T02:00:00Z'], /2026-02-30/],
    ['no mode of restoring', ['restore', 'latest'], /--mode/],
    ['an unknown mode', ['restore', 'latest', '--mode', 'quick'], /quick.*full/s],
    ['no set to verify', ['verify'], /id/],
  ])('%s', async (_, args, says) => {
    await expectRefused(run, args, {}, ['UsageError', says]);
  });

  it('and commander’s own placeholder is no message', async () => {
    const end = await runIn(run, []);
    expectError(end, 3, 'UsageError', /./);
    expect(end.result.error.message).not.toContain('outputHelp');
  });
});

describe('an environment that lacks something is refused', () => {
  it.each([
    ['DATABASE_URL', 'connection string'],
    ['BACKUP_BUCKET', 'bucket'],
    ['GPG_PUBLIC_KEY', 'public key'],
  ])('%s', async (variable, what) => {
    const says = new RegExp(`^${variable} is not set.*${what}`);
    await expectRefused(without(run, variable), DAILY, {}, ['EnvironmentError', says]);
    await expectRefused(run, DAILY, { [variable]: ' ' }, ['EnvironmentError', says]);
  });
});

describe('a configuration that cannot be used is refused', () => {
  const written = async (text: string) => {
    const file = join(folder, 'config.json');
    await writeFile(file, text);
    return { BACKUP_CONFIG: file };
  };

  it('when the file is not there', async () => {
    const env = { BACKUP_CONFIG: join(folder, 'nowhere.json') };
    await expectRefused(run, DAILY, env, ['EnvironmentError', /^BACKUP_CONFIG.*nowhere\.json.*ENOENT/]);
  });

  it('when the file is a directory', async () => {
    await expectRefused(run, DAILY, { BACKUP_CONFIG: folder }, ['EnvironmentError', /EISDIR/]);
  });

  it('when it is not JSON', async () => {
    await expectRefused(run, DAILY, await written('{"backup": '), ['EnvironmentError', /JSON/]);
  });

  it.each([
    ['a wrong type', '{"upload": {"attempts": "five"}}', /upload\.attempts: .*number/],
    ['an unknown key', '{"backup": {"wrokers": 2}}', /backup: .*wrokers/],
    ['no object at all', '[]', /\(whole file\)/],
    ['a value out of range', '{"upload": {"firstPartMiB": 1}}', /upload\.firstPartMiB: .*5/],
  ])('when it has %s', async (_, text, says) => {
    await expectRefused(run, DAILY, await written(text), ['ConfigurationError', says]);
  });

  it('when it has several problems, and then names every one of them', async () => {
    const problems = {
      levels: { critical: [] },
      backup: { workers: -1, compressionLevel: { daily: 99 } },
      limits: { runMinutes: 'long' },
      extra: true,
    };
    const end = await runIn(run, DAILY, await written(JSON.stringify(problems)));
    expectError(end, 3, 'ConfigurationError', /config\.json/);
    for (const path of [
      'levels.critical: ',
      'backup.workers: ',
      'backup.compressionLevel.daily: ',
      'limits.runMinutes: ',
      'extra',
    ])
      expect(end.result.error.message).toContain(path);
  });
});
