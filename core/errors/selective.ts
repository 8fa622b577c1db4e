import { FaultError, InputError } from './base.ts';
import { reason } from './fault.ts';
import { shortList } from './input.ts';

/** Columns of a table that only the set or only the target has. */
export class ColumnsUnmatchedError extends InputError {
  override readonly name = 'ColumnsUnmatchedError';
  constructor(unmatched: readonly string[]) {
    super(
      `columns are matched by name, and ${shortList(unmatched, '; ')}; nothing was done: with --allow-unmatched those of ` +
        'the set are left out, and those of the target keep what they have or get their default',
    );
  }
}

/** Rows of a table cannot be told apart. */
export class NoKeyError extends InputError {
  override readonly name = 'NoKeyError';
  constructor(tables: readonly string[]) {
    super(
      `${shortList(tables)}: no primary key, and no unique index over columns that are never null, so which row is which ` +
        'is not known; use --strategy replace or inspect, or give the table a key',
    );
  }
}

/** The set has no row that was asked for. */
export class NoSuchRowError extends InputError {
  override readonly name = 'NoSuchRowError';
  constructor(asked: string, set: string) {
    super(
      `${set} has no row for ${JSON.stringify(asked)}; check the value, or look in a set of another time (list shows them)`,
    );
  }
}

/** Rows that are there would be overwritten or deleted, and nobody confirmed it. */
export class ConfirmationMissingError extends InputError {
  override readonly name = 'ConfirmationMissingError';
  constructor(database: string, overwritten: readonly string[], confirmed: string | undefined) {
    super(
      `rows of ${database} would be overwritten (${shortList(overwritten)}), ` +
        (confirmed === undefined ? 'and nothing was confirmed' : `and --confirm says ${confirmed}`) +
        `; look at it with --plan, then repeat it with --confirm ${database}`,
    );
  }
}

/** The role may not put foreign keys and triggers to sleep for a transaction. */
export class RoleTooWeakError extends InputError {
  override readonly name = 'RoleTooWeakError';
  constructor(role: string, cause: unknown) {
    super(
      `role ${role} may not set session_replication_role, without which triggers would fire on restored rows ` +
        `(${reason(cause)}); GRANT SET ON PARAMETER session_replication_role TO it, restore as a superuser, or use --strategy inspect`,
      { cause },
    );
  }
}

/** Rows would refer to what is not there. */
export class RowsOrphanedError extends FaultError {
  override readonly name = 'RowsOrphanedError';
  constructor(orphans: readonly string[], todo: string) {
    super(`rows would refer to what is not there: ${shortList(orphans, '; ')}; nothing was changed: ${todo}`);
  }
}

/** A restored row breaks a rule of the table: a value that must be unique is another row's now, as a rule. */
export class RowsRefusedError extends FaultError {
  override readonly name = 'RowsRefusedError';
  constructor(table: string, constraint: string | undefined, cause: unknown) {
    super(
      `the target refused rows of ${table}${constraint === undefined ? '' : ` by ${constraint}`} (${reason(cause)}); ` +
        'nothing was changed: use --strategy inspect, and look for the row that is in the way',
      { cause },
    );
  }
}
