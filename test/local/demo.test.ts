import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processesNaming } from './processes-naming.ts';

const DEMO = join(import.meta.dirname, '..', '..', 'local', 'demo', 'main.ts');

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

it.each([
  ['SIGINT', 'the daily backup workflow runs', /engine.main\.ts backup/],
  ['SIGTERM', 'the app is synthesized', /cdk synth/],
  ['SIGKILL', 'the daily backup workflow runs', /engine.main\.ts backup/],
] as const)(
  'a demo that is stopped by %s where it says "%s" leaves no process and no file',
  async (signal, words, atWork) => {
    const directory = await mkdtemp(join(tmpdir(), 'vpb-d-'));
    // servers run as another user
    await chmod(directory, 0o755);
    const demo = spawn(process.execPath, [DEMO], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, TMPDIR: directory },
    });
    let said = '';
    demo.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    // one that ends too early would otherwise be waited for
    await expect
      .poll(() => (demo.exitCode === null ? said : `ended with ${demo.exitCode} after ${said}`), {
        timeout: 120_000,
      })
      .toContain(words);
    await expect
      .poll(() => processesNaming(directory), { timeout: 60_000 })
      .toContainEqual(expect.stringMatching(atWork));
    const ports = Array.from(said.matchAll(/127\.0\.0\.1:(\d+)/g), (match) => Number(match[1]));
    expect(ports).toHaveLength(2);
    expect(await Promise.all(ports.map(answers))).toEqual([true, true]);
    demo.kill(signal);
    const [exitCode] = await once(demo, 'close');
    expect(exitCode).not.toBe(0);
    await expect.poll(() => processesNaming(directory), { timeout: 30_000 }).toEqual([]);
    expect(await Promise.all(ports.map(answers))).toEqual([false, false]);
    await expect.poll(() => readdir(directory), { timeout: 30_000 }).toEqual([]);
    await rm(directory, { recursive: true });
  },
);
