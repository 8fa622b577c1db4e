import { WORKFLOW_ERROR } from '../names.ts';
import { FaultError, ProductError } from './base.ts';
import { shortList, UnreachableDatabaseError } from './input.ts';

/** A program the engine ran ended badly. `stderr` is its own last words. */
export class ProgramFailedError extends FaultError {
  override readonly name = 'ProgramFailedError';
  /** The signal that killed it; nothing when it ended by itself and meant what it said. */
  readonly signal: string | null;
  constructor(
    program: string,
    end: { exitCode: number | null; signal: string | null; seconds: number; stderr: string },
  ) {
    const how =
      end.signal === null
        ? `ended with exit code ${end.exitCode}`
        : `was killed by ${end.signal}${end.signal === 'SIGKILL' ? ' (out of memory?)' : ''}`;
    const said = end.stderr.trim();
    super(
      `${program} ${how} after ${end.seconds.toFixed(1)} s, expected exit code 0; ${said === '' ? 'it said nothing' : `it said: ${said}`}`,
    );
    this.signal = end.signal;
  }
}

/** True for a program that ended by itself and meant what it said; one that was killed says nothing about what it got. */
export function isVerdict(error: unknown): error is ProgramFailedError {
  return error instanceof ProgramFailedError && error.signal === null;
}

/** pg_dump said that it went well, and what it wrote is not a whole archive. */
export class ArchiveIncompleteError extends FaultError {
  override readonly name = 'ArchiveIncompleteError';
  constructor(key: string, problem: string) {
    super(
      `pg_dump ended with exit code 0, but what it wrote for ${key} is no whole archive: ${problem}; nothing was kept: ` +
        'check the PostgreSQL client programs, then start again',
    );
  }
}

/** zstd said that it went well, and what it wrote does not give back what it got. */
export class CompressionFailedError extends FaultError {
  override readonly name = 'CompressionFailedError';
  constructor(key: string, problem: string) {
    super(
      `zstd ended with exit code 0, but of what it wrote for ${key} ${problem}; nothing was kept: check zstd and the ` +
        'memory of this machine, then start again',
    );
  }
}

/** Bytes stopped flowing between the programs of one stream, and none of them says why. */
export class StreamBrokenError extends FaultError {
  override readonly name = 'StreamBrokenError';
  constructor(key: string, cause: unknown) {
    super(
      `the stream of ${key} broke: ${reason(cause)}; start again, and look for a full disk or little memory if it recurs`,
      { cause },
    );
  }
}

/** The session with the database broke, or a statement failed, in the middle of the work. */
export class DatabaseFailedError extends FaultError {
  override readonly name = 'DatabaseFailedError';
  constructor(doing: string, cause: unknown, todo = 'see the server log, then start again') {
    const lost = /ECONNRESET|EPIPE/.test(reason(cause)) ? 'the connection was lost, ' : '';
    super(`the database failed while ${doing}: ${lost}${reason(cause)}; ${todo}`, { cause });
  }
}

/**
 * Gives an error of the database driver our own class; what has one already stays as it is. For use once work has
 * begun: a server that cannot be reached any more is no bad input then.
 */
export function databaseFailure(doing: string, error: unknown): unknown {
  if (error instanceof UnreachableDatabaseError) return new DatabaseFailedError(doing, error);
  const diskFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  return error instanceof ProductError || diskFull ? error : new DatabaseFailedError(doing, error);
}

/** A table lock was not granted in time: somebody holds or waits for a stronger one, a migration as a rule. */
export class LockTimeoutError extends FaultError {
  override readonly name = 'LockTimeoutError';
  constructor(seconds: number, cause: unknown, lock = 'ACCESS SHARE on all tables') {
    super(
      `${lock} was not granted within ${seconds} s (${reason(cause)}); a migration or a long ` +
        'ALTER TABLE is in the way: wait for it, or raise backup.lockTimeoutSeconds',
      { cause },
    );
  }
}

/** One object would need more parts than S3 takes (10,000). */
export class ObjectTooLargeError extends FaultError {
  override readonly name = 'ObjectTooLargeError';
  constructor(key: string, bytes: number, maxParts: number) {
    super(
      `${key} does not fit into ${maxParts} parts, stopped at ${bytes} bytes; raise upload.firstPartMiB, or let the ` +
        'table be sliced (backup.slicing)',
    );
  }
}

/** An object of the set is gone, shorter, longer or not the one that was written. */
export class ObjectDamagedError extends FaultError {
  override readonly name = 'ObjectDamagedError';
  constructor(key: string, problem: string) {
    super(
      `${key} is not what the manifest says: ${problem}; do not use this set, restore from another and keep this one for inspection`,
    );
  }
}

/** A manifest that is there but is none. */
export class ManifestUnreadableError extends FaultError {
  override readonly name = 'ManifestUnreadableError';
  constructor(key: string, problem: string) {
    super(
      `${key} is no manifest this version reads: ${problem}; use the version of the product that wrote it, or RESTORE.md beside it`,
    );
  }
}

/** A manifest that is one, and cannot be what a backup wrote. */
export class ManifestContradictionError extends FaultError {
  override readonly name = 'ManifestContradictionError';
  constructor(key: string, problems: readonly string[]) {
    super(
      `${key} contradicts itself: ${shortList(problems, '; ')}; it was changed after it was written: use another set, and ` +
        'keep this one for inspection',
    );
  }
}

/** The private key at hand does not open this set. */
export class WrongKeyError extends FaultError {
  override readonly name = 'WrongKeyError';
  constructor(set: string, recipients: readonly string[], said: string) {
    super(
      `the private key does not open ${set}, which was encrypted to ${recipients.join(', ')} (gpg: ${said}); ` +
        'put that key into GPG_PRIVATE_KEY and its passphrase into GPG_PASSPHRASE',
    );
  }
}

/** What came back is not what the manifest says was saved. */
export class RestoreMismatchError extends FaultError {
  override readonly name = 'RestoreMismatchError';
  constructor(set: string, differences: readonly string[], todo: string) {
    const shown = differences.slice(0, 12).join('; ');
    const more = differences.length > 12 ? `; and ${differences.length - 12} more` : '';
    super(`what was restored differs from ${set}: ${shown}${more}; ${todo}`);
  }
}

/** Something told the run to end before it was done. */
export abstract class StopError extends FaultError {
  /** The same stop, with what could not be taken back and is still there. */
  abstract leaving(remains: string): StopError;
}

const TAKEN_BACK = 'what was begun was taken back, start again when ready';

/** SIGTERM, SIGINT or SIGHUP. */
export class InterruptedError extends StopError {
  override readonly name = 'InterruptedError';
  readonly #signal: string;
  constructor(signal: string, remains = TAKEN_BACK) {
    super(`stopped by ${signal}; ${remains}`);
    this.#signal = signal;
  }

  override leaving(remains: string): InterruptedError {
    return new InterruptedError(this.#signal, remains);
  }
}

/** The run took longer than its own hard limit. */
export class TimeLimitError extends StopError {
  override readonly name = 'TimeLimitError';
  readonly #minutes: number;
  constructor(minutes: number, remains = TAKEN_BACK) {
    super(
      `not done within ${minutes} minutes, the limit of limits.runMinutes or BACKUP_RUN_MINUTES: find what is slow in the log, or raise the limit; ${remains}`,
    );
    this.#minutes = minutes;
  }

  override leaving(remains: string): TimeLimitError {
    return new TimeLimitError(this.#minutes, remains);
  }
}

/** Something threw where nothing catches: a mistake of the product. */
export class UnforeseenError extends StopError {
  override readonly name = 'UnforeseenError';
  constructor(cause: unknown, remains = TAKEN_BACK) {
    super(`an error nobody foresaw: ${reason(cause)}; report it; ${remains}`, { cause });
  }

  override leaving(remains: string): UnforeseenError {
    return new UnforeseenError(this.cause, remains);
  }
}

/**
 * What a failed restore had begun is still there, for taking it back failed as well. Carries the failure that came
 * first: that one is reported, with this beside it.
 */
export class NotTakenBackError extends FaultError {
  override readonly name = 'NotTakenBackError';
  /** What is still there, and where. */
  readonly remains: string;
  constructor(remains: string, first: unknown) {
    super(`${reason(first)}; ${remains}`, { cause: first });
    this.remains = remains;
  }
}

/** Something only the caller can put right, which showed when work had begun: a database dropped under the run, as a rule. */
export class FoundTooLateError extends FaultError {
  override readonly name = 'FoundTooLateError';
  constructor(found: Error) {
    super(`after work had begun: ${found.message}`, { cause: found });
  }
}

/** An object of this name is there already, and it is not the one that was sent. */
export class ObjectTakenError extends FaultError {
  override readonly name = 'ObjectTakenError';
  constructor(key: string) {
    super(
      `${key} exists already with other content, written by another run or by hand; nothing was replaced: run the slot ` +
        'again, which then uses names of its own',
    );
  }
}

/** The slot's set was committed by another run meanwhile; that one stands. */
export class SlotTakenError extends FaultError {
  override readonly name = 'SlotTakenError';
  constructor(id: string) {
    super(
      `${id} was committed by another run meanwhile; that set stands, this run's objects are not part of it`,
    );
  }
}

/** A retention run broke off. What it had marked by then is still right, and the next run marks the rest. */
export class RetentionFailed extends FaultError {
  override readonly name = WORKFLOW_ERROR.retentionFailed;
  constructor(kind: string, cause: unknown) {
    super(
      `retention of the ${kind} sets broke off: ${reason(cause)}; no set is lost by that, some are kept longer: ` +
        'see the log of the function, and start it again',
      { cause },
    );
  }
}

/** Slack did not take a message. Its address is the secret, so no error of a client is handed on. */
export class SlackRefused extends FaultError {
  override readonly name = 'SlackRefused';
  /** Why, without the address. */
  readonly because: string;
  /** @param url where it was posted to; nothing where that is not known */
  constructor(url: string | undefined, cause: unknown) {
    const said = url === undefined ? reason(cause) : reason(cause).replaceAll(url, '(the webhook)');
    super(
      `Slack did not take the message: ${said}; see whether the webhook of the ` +
        'secret slack-webhook-url still exists, and put a new one there',
    );
    this.because = said;
  }
}

/** One line that says why, for any thrown value. */
export function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code =
    'code' in cause && typeof cause.code === 'string' && !cause.message.includes(cause.code)
      ? ` (${cause.code})`
      : '';
  const text = cause.message === '' || cause.message === 'UnknownError' ? cause.name : cause.message;
  return `${text.replace(/\s+/g, ' ').trim()}${code}`;
}
