import { describe, expect, it } from 'vitest';
import { onlyTransactionTimeout, withoutStatements } from '../../containers/engine/restore/pg-restore.ts';

const REFUSED = `pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 3345; 2606 16404 FK CONSTRAINT child child_fk owner
pg_restore: error: could not execute query: ERROR:  insert or update on table "child" violates foreign key constraint "child_fk"
DETAIL:  Key (email)=(somebody@example.test) is not present in table "parent".
Command was: CREATE USER MAPPING FOR app SERVER far OPTIONS (
    password 'hunter2'
);
`;

describe('what pg_restore says, as it may be repeated', () => {
  it('names the constraint, but no row and no statement', () => {
    const told = withoutStatements(REFUSED);
    expect(told).toContain('violates foreign key constraint "child_fk"');
    expect(told).not.toMatch(/somebody@example|hunter2/);
  });
});

describe('a complaint of a newer pg_restore about an older server', () => {
  const message =
    'could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"\nCommand was: SET transaction_timeout = 0;\n';
  const unknown = `pg_restore: error: ${message}`;
  const ignored = (count: number) => `pg_restore: warning: errors ignored on restore: ${count}\n`;

  it('is passed over when it is the only one, however often', () => {
    expect(onlyTransactionTimeout(unknown + ignored(1))).toBe(true);
    expect(onlyTransactionTimeout(unknown + unknown + ignored(2))).toBe(true);
  });

  it('is passed over when parallel jobs say it through each other, and the sum counts some of them', () => {
    const jobs = `${unknown}pg_restore:pg_restore:  error: error: ${message}${message}`;
    expect(onlyTransactionTimeout(jobs + ignored(2))).toBe(true);
    expect(onlyTransactionTimeout(`pg_restore:pg_restore:  error: error: ${message}${ignored(2)}`)).toBe(
      false,
    );
  });

  it('hides no error whose statement quotes it', () => {
    const quoting = `pg_restore: error: could not execute query: ERROR:  permission denied\nCommand was: ${message}`;
    expect(onlyTransactionTimeout(quoting + ignored(1))).toBe(false);
  });

  it('hides no other error', () => {
    expect(onlyTransactionTimeout(unknown + REFUSED + ignored(2))).toBe(false);
    expect(onlyTransactionTimeout(unknown)).toBe(false);
    expect(onlyTransactionTimeout('')).toBe(false);
  });
});
