import { randomBytes } from 'node:crypto';
import { UsageError } from './errors/index.ts';
import { formatSlot } from './set-id.ts';

const ID = /^(\d{8})T(\d{6})Z-([0-9a-f]{4})$/;

/** `20261127T101530Z-3fa9`: when the restore began, UTC, and a number that tells two of one second apart. */
export function newRestoreId(now: Date): string {
  return `${formatSlot(now)}-${randomBytes(2).toString('hex')}`;
}

/**
 * Reads an id as an operator types it.
 * @throws UsageError when it is none
 */
export function parseRestoreId(text: string): string {
  if (ID.test(text)) return text;
  throw new UsageError(
    `${text} is no restore id; expected one such as 20261127T101530Z-3fa9, which is restoreId in the result of a restore`,
  );
}

/** The id as part of a database's name: `20261127101530_3fa9`, lower case, so that nobody needs to quote it. */
export function tagOf(restoreId: string): string {
  return restoreId.replace(ID, '$1$2_$3');
}
