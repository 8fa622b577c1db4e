import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockNotReleased } from './errors.mjs';

const PATIENCE_MINUTES = 20;
const POLL_MS = 200;

/**
 * Runs `work` while no other process that uses the same lock file runs its own. A lock whose owner has
 * died is taken over.
 *
 * @param {string} file
 * @param {() => Promise<void>} work
 * @throws {LockNotReleased} a living process kept the lock too long
 */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  await acquire(file);
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

async function acquire(file) {
  const deadline = Date.now() + PATIENCE_MINUTES * 60_000;
  while (!tryAcquire(file)) {
    const owner = ownerOf(file);
    if (owner !== undefined && !isAlive(owner)) breakLock(file, owner);
    else if (Date.now() > deadline) throw new LockNotReleased(file, owner ?? 0, PATIENCE_MINUTES);
    else await sleep(POLL_MS);
  }
}

/** A hard link appears with its content or not at all, so no one ever reads a lock without an owner. */
function tryAcquire(file) {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  const acquired = linkUnlessExists(mine, file);
  rmSync(mine, { force: true });
  return acquired;
}

function linkUnlessExists(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Of several processes that break the same lock, one may catch a fresh lock instead: it puts it back. */
function breakLock(file, deadOwner) {
  const caught = `${file}.broken.${process.pid}`;
  try {
    renameSync(file, caught);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (ownerOf(caught) !== deadOwner) linkUnlessExists(caught, file);
  rmSync(caught, { force: true });
}
