/** A session with the database, as far as the check needs one; a client of node-postgres is one. */
export interface Session {
  // biome-ignore lint/suspicious/noExplicitAny: rows are whatever the query says
  query(text: string, values?: unknown[]): Promise<{ rows: any[] }>;
}

/** Keys shown of each rule. */
export const SAMPLES = 20;

/** Characters shown of each value of a key: it tells which row, and is no way to read the database. */
const SHOWN_CHARACTERS = 200;

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Safe to put into SQL. */
export function quoteName({ schema, name }: { schema: string; name: string }): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** For people, and unambiguous: quoted where it is more than a plain word. */
export function displayName(...parts: readonly string[]): string {
  return parts
    .map((part) => (/^[\p{Ll}\p{Lo}_][\p{Ll}\p{Lo}\d_$]*$/u.test(part) ? part : quoteIdentifier(part)))
    .join('.');
}

/**
 * Counts all rows of a query and shows the keys of the first ones, in one scan. Values are written by the output
 * function of their type: a cast to text may be somebody's own function.
 * @param columns the key, in any order, each once
 * @param from what follows FROM; its rows are known as `c`
 */
export function countAndSample(columns: readonly string[], from: string, values: unknown[] = []): Statement {
  const own = columns.map((name, index) => `c.${quoteIdentifier(name)} AS k${index}`);
  const shown = columns.map(
    (_, index) =>
      `CASE WHEN k${index} IS DISTINCT FROM NULL THEN pg_catalog."left"(pg_catalog.format('%s', k${index}), ${SHOWN_CHARACTERS}) END`,
  );
  const [names, most] = [values.length + 1, values.length + 2].map((place) => `$${place}`);
  const text = `
    SELECT pg_catalog.count(*)::pg_catalog.text AS violations,
      pg_catalog.jsonb_agg(pg_catalog.jsonb_object(${names}::pg_catalog.text[], ARRAY[${shown.join(', ')}]::pg_catalog.text[]))
        FILTER (WHERE n <= ${most}::pg_catalog.int4) AS samples
    FROM (SELECT pg_catalog.row_number() OVER () AS n, ${own.join(', ')} FROM ${from}) AS found`;
  return { text, values: [...values, columns, SAMPLES] };
}

/** As above, for a query somebody else wrote: what it returns is shown. */
export function countAndSampleQuery(sql: string): Statement {
  const text = `
    SELECT pg_catalog.count(*)::pg_catalog.text AS violations,
      pg_catalog.jsonb_agg((SELECT pg_catalog.jsonb_object_agg(e.key, pg_catalog."left"(e.value, ${SHOWN_CHARACTERS}))
        FROM pg_catalog.jsonb_each_text(pg_catalog.to_jsonb(r)) AS e)) FILTER (WHERE n <= $1::pg_catalog.int4) AS samples
    FROM (SELECT pg_catalog.row_number() OVER () AS n, videoplanet_asked AS r FROM (
${sql.replace(/;\s*$/, '')}
    ) AS videoplanet_asked) AS found`;
  return { text, values: [SAMPLES] };
}

/** One query. It always has a value: without one node-postgres sends what may be several statements. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}
