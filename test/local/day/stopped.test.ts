import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processesNaming } from '../processes-naming.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'local', 'day', 'main.ts');

it.each([
  ['SIGINT', /lambda-host/],
  ['SIGKILL', /moto_server/],
] as const)('a day that is stopped by %s leaves no process and no file', async (signal, atWork) => {
  const directory = await mkdtemp(join(tmpdir(), 'vpb-d-'));
  // servers run as another user
  await chmod(directory, 0o755);
  const day = spawn(process.execPath, [MAIN], {
    stdio: 'ignore',
    env: { ...process.env, TMPDIR: directory },
  });
  await expect
    .poll(() => processesNaming(directory), { timeout: 150_000, interval: 200 })
    .toContainEqual(expect.stringMatching(atWork));
  day.kill(signal);
  const [exitCode] = await once(day, 'close');
  expect(exitCode).not.toBe(0);
  await expect.poll(() => processesNaming(directory), { timeout: 30_000 }).toEqual([]);
  await expect.poll(() => readdir(directory), { timeout: 30_000 }).toEqual([]);
  await rm(directory, { recursive: true });
});
