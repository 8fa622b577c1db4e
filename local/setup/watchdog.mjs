import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * Companion of local/processes.ts. It reads lines "+pid 123 SIGINT", "-pid 123", "+dir /tmp/x" and
 * "-dir /tmp/x" from a pipe that only its parent holds open. When the parent is gone, however it ended,
 * the pipe ends, and what is still on the list is ended and removed.
 */
const GRACE_MS = 5000;
const POLL_MS = 50;
const processes = new Map();
const directories = new Set();

function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [, verb, rest] = /^(\S+) (.*)$/.exec(line) ?? [];
  const [pid, stopSignal] = (rest ?? '').split(' ');
  if (verb === '+pid') processes.set(Number(pid), stopSignal);
  else if (verb === '-pid') processes.delete(Number(pid));
  else if (verb === '+dir') directories.add(rest);
  else if (verb === '-dir') directories.delete(rest);
}

for (const [pid, stopSignal] of processes) signal(pid, stopSignal);
const deadline = Date.now() + GRACE_MS;
while ([...processes.keys()].some((pid) => signal(pid, 0)) && Date.now() < deadline) await sleep(POLL_MS);
for (const pid of processes.keys()) signal(pid, 'SIGKILL');
for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
