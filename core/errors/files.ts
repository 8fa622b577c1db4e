import { FaultError, InputError } from './base.ts';
import { reason } from './fault.ts';
import { shortList } from './input.ts';
import { s3Answer } from './storage.ts';

/** The project's own storage refuses us before anything is done. */
export class ProjectStorageError extends InputError {
  override readonly name = 'ProjectStorageError';
  constructor(host: string, problem: string, cause?: unknown) {
    super(
      `the project's storage at ${host} cannot be used: ${problem}; see Storage → S3 in the project's dashboard for endpoint, ` +
        'region and keys',
      { cause },
    );
  }
}

/** The project's storage failed over one file, after all attempts. */
export class FileUnreadError extends FaultError {
  override readonly name = 'FileUnreadError';
  constructor(file: string, cause: unknown) {
    super(`${file} could not be read from the project's storage: ${s3Answer(cause).got}`, { cause });
  }
}

/** One file after the other failed: it is not the files. */
export class ProjectStorageFailedError extends FaultError {
  override readonly name = 'ProjectStorageFailedError';
  constructor(doing: string, failures: number, last: unknown) {
    super(
      `${failures} files failed in a row while ${doing}, the last with: ${reason(last)}; see that the project and its storage ` +
        'are up, then start again: what was done by then is not done twice',
      { cause: last },
    );
  }
}

/** What a file in the project is, and what the row says, do not fit, and the row has not changed meanwhile. */
export class FileDiffersError extends FaultError {
  override readonly name = 'FileDiffersError';
  constructor(file: string, got: string, expected: string) {
    super(
      `${file} ${got}, expected ${expected}; upload the file again, or delete it through the Storage API`,
    );
  }
}

/** A blob is not as large as when it was stored. Blobs are never replaced, so this was done by hand. */
export class BlobReplacedError extends FaultError {
  override readonly name = 'BlobReplacedError';
  constructor(file: string, key: string, got: number, expected: number) {
    super(
      `${file} is stored as ${key}, which is of ${got} bytes, expected ${expected}: somebody put something else in its place; ` +
        'remove that version, so that the one below it is the current one again',
    );
  }
}

/** No inventory fits what was asked for. */
export class NoSuchInventoryError extends InputError {
  override readonly name = 'NoSuchInventoryError';
  constructor(asked: string, known: readonly string[]) {
    const there =
      known.length === 0 ? 'there is none yet: run files backup' : `there are ${shortList(known)}`;
    super(`there is no inventory ${asked}; ${there}`);
  }
}

/** An inventory is not what its manifest says. */
export class InventoryDamagedError extends FaultError {
  override readonly name = 'InventoryDamagedError';
  constructor(key: string, problem: string) {
    super(`${key} is damaged: ${problem}; restore from another inventory (files list)`);
  }
}

/** Nothing in the inventory is what was asked for. */
export class NoSuchFileError extends InputError {
  override readonly name = 'NoSuchFileError';
  constructor(what: string, inventory: string, buckets: readonly string[]) {
    super(
      `${inventory} holds no ${what}; it has ${buckets.length === 0 ? 'no buckets' : `the buckets ${shortList(buckets)}`}`,
    );
  }
}

/** Files in the project would be overwritten, and nobody confirmed it. */
export class FilesUnconfirmedError extends InputError {
  override readonly name = 'FilesUnconfirmedError';
  constructor(differing: number, sample: readonly string[], project: string, confirmed: string | undefined) {
    super(
      `${differing} files of project ${project} differ from the inventory and would be overwritten for good, for Storage keeps ` +
        `no versions: ${shortList(sample)}; ${confirmed === undefined ? 'nothing was confirmed' : `--confirm says ${confirmed}`}; ` +
        `see --plan, run files backup, then repeat with --confirm ${project}`,
    );
  }
}

/** The database has no Storage. */
export class NoStorageSchemaError extends InputError {
  override readonly name = 'NoStorageSchemaError';
  constructor(database: string) {
    super(
      `${database} has no tables storage.buckets and storage.objects that we may read; expected the database of a Supabase ` +
        'project, and a role such as postgres',
    );
  }
}
