import pg from 'pg';
import { reason } from '../../../core/errors/index.ts';

/**
 * Does something in a transaction of its own, which is taken back where the server refuses it.
 * @returns why it was refused, nothing where it was done
 * @throws what is no answer of the server
 */
export async function refusalOf(client: pg.Client, work: () => Promise<void>): Promise<string | undefined> {
  try {
    await client.query('BEGIN');
    await work();
    await client.query('COMMIT');
    return undefined;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (error instanceof pg.DatabaseError) return reason(error);
    throw error;
  }
}
