import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, inject } from 'vitest';
import type { TestBucket } from './engine.ts';
import { gnupgHomeWith } from './gnupg-home.ts';
import { readObject } from './runs.ts';

const STAND_IN = join(import.meta.dirname, 'aws-stand-in.ts');

/** Runs the commands of the set's RESTORE.md just as they stand, in an empty directory. */
export async function runInstructions(
  bucket: TestBucket,
  target: string,
  awsProgram: 'the AWS CLI where installed' | 'the stand-in',
  major: 15 | 17 = 15,
): Promise<{ exitCode: number | undefined; output: string }> {
  const key = (await bucket.keys()).find((name) => name.endsWith('/RESTORE.md')) ?? '';
  const text = (await readObject(bucket, key)).toString('utf8');
  const blocks = Array.from(text.matchAll(/^```sh\n(.*?)^```$/gms), (match) => match[1]);
  expect(blocks).toHaveLength(4);
  await using home = await gnupgHomeWith(inject('keys').privateKey);
  const folder = await mkdtemp(join(tmpdir(), 'vpb-hand-'));
  try {
    const programs = await programFolder(folder, awsProgram);
    await mkdir(join(folder, 'work'));
    const { exitCode, all } = await execa('bash', ['--norc', '-euo', 'pipefail', '-c', blocks.join('\n')], {
      cwd: join(folder, 'work'),
      reject: false,
      all: true,
      stdin: 'ignore',
      extendEnv: false,
      env: {
        ...bucket.env,
        HOME: process.env.HOME ?? folder,
        LANG: 'C.UTF-8',
        PATH: [...programs, inject('servers')[major].binDir, process.env.PATH].join(':'),
        GNUPGHOME: home.path,
        TARGET: target,
        BUCKET: bucket.name,
      },
    });
    return { exitCode, output: all };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Folders to put before PATH, so that `aws` is the one wanted. */
async function programFolder(folder: string, awsProgram: string): Promise<string[]> {
  const installed = (await execa('aws', ['--version'], { reject: false })).exitCode === 0;
  if (installed && awsProgram !== 'the stand-in') return [];
  const programs = join(folder, 'programs');
  await mkdir(programs);
  await writeFile(join(programs, 'aws'), `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' "$@"\n`);
  await chmod(join(programs, 'aws'), 0o755);
  return [programs];
}
