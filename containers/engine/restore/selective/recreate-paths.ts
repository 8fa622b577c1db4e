import { isAboutTheObject, isViolation } from '../refusals.ts';
import { searchPathsOf } from '../search-paths.ts';
import type { SelectiveRun } from './context.ts';

/**
 * Does work, within a transaction, in the empty search path, or in another where functions of the source find what they
 * name only there. Not for what says who sees which rows: that must not come to mean something else.
 * @returns the search path that served
 * @throws what the first one failed with
 */
export async function inSomePath(
  run: SelectiveRun,
  owner: string,
  work: () => Promise<void>,
): Promise<string> {
  const { client } = run;
  let first: unknown;
  for (const path of await searchPathsOf(run, client, owner)) {
    await client.query('SAVEPOINT path');
    try {
      await client.query("SELECT pg_catalog.set_config('search_path', $1, true)", [path]);
      await work();
      await client.query("SELECT pg_catalog.set_config('search_path', '', true)");
      await client.query('RELEASE SAVEPOINT path');
      return path;
    } catch (error) {
      // in another path a function may find another table, by which rows that are right are not
      if ((path === '' && isViolation(error)) || !isAboutTheObject(error)) throw error;
      first ??= error;
      await client.query('ROLLBACK TO SAVEPOINT path');
    }
  }
  throw first;
}
