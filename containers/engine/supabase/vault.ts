import pg from 'pg';
import { VaultUnreadableError } from '../../../core/errors/index.ts';
import type { VaultSecret } from '../../../core/supabase/additions.ts';
import { isReadable } from './additions.ts';

/** The secrets of a vault, and by name those that the database itself cannot decrypt any more. */
export interface Vault {
  readonly secrets: readonly VaultSecret[];
  readonly broken: readonly string[];
}

/**
 * Secrets of Supabase Vault, decrypted by the database, each by itself: one that was encrypted under another key must not
 * take the others with it. None where there is no vault.
 * @param client in a transaction
 * @throws VaultUnreadableError when this role may not decrypt any
 */
export async function readVault(client: pg.Client, role: string): Promise<Vault> {
  if (!(await isReadable(client, 'vault.decrypted_secrets'))) return { secrets: [], broken: [] };
  const { rows } = await client.query<{ id: string; name: string | null }>(
    'SELECT id::pg_catalog.text AS id, name FROM vault.secrets ORDER BY created_at, id',
  );
  const secrets: VaultSecret[] = [];
  const broken: string[] = [];
  for (const { id, name } of rows) {
    await client.query('SAVEPOINT secret');
    try {
      const { rows: found } = await client.query<VaultSecret>(
        `SELECT name, coalesce(description, '') AS description, decrypted_secret AS secret FROM vault.decrypted_secrets WHERE id = $1`,
        [id],
      );
      const [secret] = found;
      if (typeof secret?.secret === 'string') secrets.push(secret);
      else broken.push(name ?? id);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (error.code === '42501') throw new VaultUnreadableError(role);
      broken.push(name ?? id);
    }
    await client.query('ROLLBACK TO SAVEPOINT secret');
  }
  return { secrets, broken };
}
