import pg from 'pg';

/**
 * SQLSTATEs that say nothing about the object, but about the server or the session: lost connections, wrong or ended
 * transactions, conflicts, statements that are none, missing resources, locks, operator's intervention, system errors.
 */
const OF_THE_SERVER = /^(08|25|40|42601|53|55P03|55006|57|58|F0|XX)/;
/** Rows violate a constraint: nothing a restore may pass over, except where the rows are those of a view. */
const OF_THE_ROWS = /^23/;

/** True when rows do not meet a key, a reference or a CHECK. */
export function isViolation(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && OF_THE_ROWS.test(error.code);
}

/**
 * True when the server says that this very object cannot be made, in this search path, so that a restore may go on to
 * the next one, or without it.
 */
export function isAboutTheObject(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && !OF_THE_SERVER.test(error.code);
}
