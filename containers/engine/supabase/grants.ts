import pg from 'pg';
import { reason } from '../../../core/errors/index.ts';
import { blocksOf } from '../restore/toc.ts';

/**
 * Grants of one entry, each by itself: one to a role that only the source's platform has must not keep the others from
 * being given. Those given in another's name are given in one's own.
 * @param refused gets the heading of the entry, for its grants are then not those of the source
 * @returns what was refused, one sentence each
 */
export async function grantOneByOne(client: pg.Client, sql: string, refused: Set<string>): Promise<string[]> {
  const problems: string[] = [];
  for (const [heading, text] of blocksOf(sql)) {
    for (const statement of text.split(/(?<=;)\n/)) {
      if (!/^(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) /.test(statement)) continue;
      try {
        await client.query(statement);
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error;
        refused.add(heading);
        problems.push(`«${statement}» was refused (${reason(error)})`);
      }
    }
  }
  return problems;
}
