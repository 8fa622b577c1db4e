import type pg from 'pg';
import type { SetTable } from './set-tables.ts';

/** What takes the values of a type that is not there: they are texts in the set. */
export const AS_TEXT = 'pg_catalog.text';

/** A column of a set with the type it had, where the target knows that, and text where it does not. */
export interface SourceColumn {
  readonly name: string;
  readonly type: string;
  readonly known: boolean;
}

/** The columns of a table as the source had them. */
export async function sourceColumns(client: pg.Client, table: SetTable): Promise<SourceColumn[]> {
  const { rows } = await client.query<{ known: boolean }>(
    `SELECT pg_catalog.to_regtype(type) IS NOT NULL AS known
     FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS given(type, place) ORDER BY place`,
    [table.columnTypes],
  );
  return table.columns.map((name, i) => {
    const known = rows[i]?.known === true;
    return { name, known, type: known ? (table.columnTypes[i] ?? AS_TEXT) : AS_TEXT };
  });
}
