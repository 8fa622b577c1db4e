import { FaultError, InputError } from './base.ts';
import { reason } from './fault.ts';
import { shortList } from './input.ts';

/** No database of the target's server says that it was put aside by this restore. */
export class NoSuchRestoreError extends InputError {
  override readonly name = 'NoSuchRestoreError';
  constructor(restoreId: string, known: readonly string[]) {
    const there =
      known.length === 0
        ? 'no database was put aside there, or those that were are dropped'
        : `it has those of ${shortList(known)}`;
    super(
      `the target's server has no database that restore ${restoreId} put aside; ${there}; see that TARGET_DATABASE_URL leads ` +
        'to the server of that restore, or restore its pre-restore set',
    );
  }
}

/** More than one database says so. */
export class AmbiguousRestoreError extends InputError {
  override readonly name = 'AmbiguousRestoreError';
  constructor(restoreId: string, databases: readonly string[]) {
    super(
      `several databases say that restore ${restoreId} put them aside: ${shortList(databases)}; look which is meant, and take ` +
        'the comment of the others away (COMMENT ON DATABASE … IS NULL)',
    );
  }
}

/** A rollback puts the database that is there aside, and nobody confirmed it. */
export class RollbackUnconfirmedError extends InputError {
  override readonly name = 'RollbackUnconfirmedError';
  constructor(database: string, kept: string, confirmed: string | undefined) {
    super(
      `a rollback puts database ${database} aside and ${kept} in its place, ` +
        `${confirmed === undefined ? 'and nothing was confirmed' : `and --confirm says ${confirmed}`}; ` +
        `do so with --confirm ${database}`,
    );
  }
}

/** A full target is to be replaced, and there is neither a set of it as it is nor the means to make one. */
export class NoPreRestoreSetError extends InputError {
  override readonly name = 'NoPreRestoreSetError';
  constructor(problem: string) {
    super(
      `${problem}; nothing was done: set GPG_PUBLIC_KEY, and a set of the target as it is is taken first; or take one with ` +
        'backup --kind prerestore and name it with --pre-restore-set <id>; or do without with --without-pre-restore-set',
    );
  }
}

/** The set of the target as it is could not be made, so the target was not replaced. */
export class PreRestoreSetFailedError extends FaultError {
  override readonly name = 'PreRestoreSetFailedError';
  constructor(cause: unknown) {
    super(
      `the set of the target as it is could not be made and verified (${reason(cause)}); the target was not touched: see to ` +
        'that, take the set elsewhere and name it with --pre-restore-set <id>, or do without with --without-pre-restore-set',
      { cause },
    );
  }
}
