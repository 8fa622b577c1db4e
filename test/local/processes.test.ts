import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { ServerDidNotStart, startServer } from '../../local/processes.ts';
import { isAlive } from './alive.ts';

const PARENT = join(import.meta.dirname, 'parent.ts');
const PATIENCE_MS = 10_000;

async function eventually(isTrue: () => boolean): Promise<boolean> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!isTrue() && Date.now() < deadline) await sleep(20);
  return isTrue();
}

describe('a server whose parent ends', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'exit', 'throw'] as const)('ends too: %s', async (manner) => {
    const parent = execa(process.execPath, [PARENT, manner], { reject: false, stdin: 'ignore' });
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const { pid, directory } = JSON.parse(said.toString()) as { pid: number; directory: string };
    if (manner.startsWith('SIG')) parent.kill(manner as NodeJS.Signals);
    await parent;
    expect(await eventually(() => !isAlive(pid))).toBe(true);
    expect(await eventually(() => !existsSync(directory))).toBe(true);
  });
});

describe('startServer', () => {
  const command = { args: [], cwd: '/', logFile: '/dev/null', stopSignal: 'SIGTERM' } as const;

  it('says which program cannot be executed', async () => {
    await expect(startServer({ ...command, program: '/no/such/program' })).rejects.toThrow(ServerDidNotStart);
  });

  it('reports a server that ends instead of answering', async () => {
    const server = await startServer({ ...command, program: 'false' });
    await expect(server.waitUntil(() => false, PATIENCE_MS)).rejects.toThrow(/ended with 1/);
  });

  it('ends a server that does not answer in time', async () => {
    const server = await startServer({ ...command, program: 'sleep', args: ['60'] });
    await expect(server.waitUntil(() => false, 100)).rejects.toThrow(/100 ms/);
    expect(isAlive(server.pid)).toBe(false);
    await server.stop();
  });
});
