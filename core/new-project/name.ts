import { randomBytes, randomInt } from 'node:crypto';
import { formatSlot } from '../set-id.ts';

/**
 * `vpb-restore-production-20261127T012345Z-9f3a61`: a name of this restore alone, by which its project is found again when
 * an answer was lost. It never looks like that of a drill's project, which a reaper would take.
 */
export function newProjectName(environment: string, now: Date): string {
  return `vpb-restore-${environment}-${formatSlot(now)}-${randomBytes(3).toString('hex')}`;
}

/** Without what is easily mistaken for something else. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
/** Some 230 bits. */
const PASSWORD_LETTERS = 40;

/** Letters and digits only: it stands in a connection string, and a pooler may read one less strictly than libpq. */
export function newPassword(): string {
  return Array.from({ length: PASSWORD_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
