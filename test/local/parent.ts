import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adoptDirectory, startServer } from '../../local/processes.ts';

/** A program for processes.test.ts: starts a server, says which, and ends in the manner it is told. */
const manner = process.argv[2];
const directory = mkdtempSync(join(tmpdir(), 'vpb-parent-'));
adoptDirectory(directory);
const server = await startServer({
  program: 'sleep',
  args: ['600'],
  cwd: '/',
  logFile: join(directory, 'log'),
  stopSignal: 'SIGTERM',
});
console.log(JSON.stringify({ pid: server.pid, directory }));
if (manner === 'exit') process.exit(0);
if (manner === 'throw') throw new Error('as told');
