import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  configEnv,
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../support/engine.ts';
import { said } from '../support/runs.ts';

let source: TestDatabase;
let bucket: TestBucket;
beforeAll(async () => {
  [source, bucket] = await Promise.all([makeDatabase(15), makeBucket()]);
  await source.query('CREATE TABLE films (id int PRIMARY KEY)');
});

function backUpWith(config: Record<string, string>): Promise<EngineEnd> {
  return engine(['backup', '--kind', 'daily'], { ...engineEnv(bucket, source), ...config });
}

/** @returns the message, for whoever looks closer */
async function expectRefused(end: EngineEnd, name: string): Promise<string> {
  expect(end, said(end)).toMatchObject({
    exitCode: 3,
    result: { outcome: 'bad-input', error: { name, message: expect.any(String) } },
  });
  expect(await bucket.keys()).toEqual([]);
  return end.result.error.message;
}

async function fileOf(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'vpb-config-')), 'config.json');
  await writeFile(file, text);
  return file;
}

describe('a configuration file that cannot be read', () => {
  it.each<[string, () => Promise<string> | string, RegExp]>([
    ['it is not there', () => '/nowhere/config.json', /ENOENT/],
    ['it is a directory', () => tmpdir(), /EISDIR/],
    ['it is no JSON', () => fileOf('{ "backup": '), /JSON/],
    ['it is empty', () => fileOf(''), /JSON/],
    ['it has a comment', () => fileOf('{} // the defaults'), /JSON/],
  ])('is refused, with its path: %s', async (_, path, why) => {
    const BACKUP_CONFIG = await path();
    const message = await expectRefused(await backUpWith({ BACKUP_CONFIG }), 'EnvironmentError');
    expect(message).toContain(`BACKUP_CONFIG names ${BACKUP_CONFIG}, which cannot be used`);
    expect(message).toMatch(why);
    expect(message).toContain('expected a readable JSON file');
  });
});

describe('a configuration with a byte order mark', () => {
  it.each<[string, (text: string) => Promise<Record<string, string>>]>([
    ['a file', async (text) => ({ BACKUP_CONFIG: await fileOf(text) })],
    ['a variable', async (text) => ({ BACKUP_CONFIG_JSON: text })],
  ])('is read like one without: %s', async (_, env) => {
    const text = JSON.stringify({ backup: { checksums: 'none' } });
    const message = await expectRefused(
      await backUpWith(await env(`\uFEFF${text}\r\n`)),
      'ConfigurationError',
    );
    expect(message).toContain('backup.checksums');
  });
});

describe('a configuration in the environment', () => {
  it('is taken like one in a file', async () => {
    const text = JSON.stringify({ backup: { checksums: 'none' } });
    const message = await expectRefused(await backUpWith({ BACKUP_CONFIG_JSON: text }), 'ConfigurationError');
    expect(message).toContain('BACKUP_CONFIG_JSON');
    expect(message).toContain('backup.checksums');
  });

  it('is refused when it is no JSON', async () => {
    const end = await backUpWith({ BACKUP_CONFIG_JSON: '{ "backup": ' });
    expect(await expectRefused(end, 'EnvironmentError')).toMatch(/BACKUP_CONFIG_JSON .*expected JSON/);
  });

  it('is refused beside a file', async () => {
    const end = await backUpWith({ BACKUP_CONFIG: await fileOf('{}'), BACKUP_CONFIG_JSON: '{}' });
    expect(await expectRefused(end, 'EnvironmentError')).toMatch(/both set/);
  });
});

describe('a configuration that does not fit', () => {
  it.each<[string, unknown, RegExp]>([
    ['a number as text', { backup: { workers: '2' } }, /backup\.workers: .*expected number/],
    ['a part of a number', { upload: { attempts: 1.5 } }, /upload\.attempts: .*int/],
    ['a number out of bounds', { upload: { firstPartMiB: 4 } }, /upload\.firstPartMiB: .*>=5/],
    [
      'a word that is none of the choices',
      { backup: { checksums: 'some' } },
      /backup\.checksums: .*full.*counts/,
    ],
    ['an unknown key at the top', { backups: {} }, /\(whole file\): .*"backups"/],
    ['an unknown key below', { backup: { slicing: { size: 1 } } }, /backup\.slicing: .*"size"/],
    ['a level of no kind', { backup: { compressionLevel: { hourly: 3 } } }, /compressionLevel: .*"hourly"/],
    ['an empty level', { levels: { critical: [] } }, /levels\.critical: .*>=1/],
    [
      'a table with too many dots',
      { levels: { critical: ['a.b.c'] } },
      /levels\.critical\.0: .*schema\.name/,
    ],
    ['a list instead of an object', [], /\(whole file\): .*expected object/],
    ['null', null, /\(whole file\): .*expected object/],
  ])('is refused, with the path and what was expected: %s', async (_, config, problem) => {
    const named = await configEnv(config);
    const message = await expectRefused(await backUpWith(named), 'ConfigurationError');
    expect(message).toContain(named.BACKUP_CONFIG);
    expect(message).toMatch(problem);
  });

  it('is refused once, with every path that is wrong', async () => {
    const named = await configEnv({
      backup: { workers: 65, slicing: { thresholdMiB: 0 }, unknown: true },
      upload: { maxParts: 20_000 },
      limits: { runMinutes: 'long' },
    });
    const message = await expectRefused(await backUpWith(named), 'ConfigurationError');
    const paths = ['backup.workers', 'backup.slicing.thresholdMiB', 'upload.maxParts', 'limits.runMinutes'];
    for (const path of paths) expect(message).toContain(`${path}: `);
    expect(message).toMatch(/backup: .*"unknown"/);
  });
});
