import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';

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

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'a demo that is stopped in the middle leaves no server: %s',
  async (signal) => {
    const demo = spawn(process.execPath, [DEMO], { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    demo.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    // both servers are up and the engine is at work
    while (!said.includes('daily backup runs')) await once(demo.stdout, 'data');
    const ports = Array.from(said.matchAll(/127\.0\.0\.1:(\d+)/g), (match) => Number(match[1]));
    expect(ports).toHaveLength(2);
    expect(await Promise.all(ports.map(answers))).toEqual([true, true]);
    demo.kill(signal);
    const [exitCode] = await once(demo, 'close');
    expect(exitCode).not.toBe(0);
    await expect.poll(() => Promise.all(ports.map(answers)), { timeout: 30_000 }).toEqual([false, false]);
  },
);
