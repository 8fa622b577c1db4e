import pg from 'pg';

/** Names of tables and schemas as arguments of pg_dump. */
export type Pattern = (...names: readonly string[]) => string;

/**
 * pg_dump compares its arguments in the encoding of its session, and an argument of Node is always UTF-8. For any other,
 * characters above ASCII are written as what their bytes are: outside quotes, a pattern is a regular expression.
 * @param encoding in which pg_dump is to read
 * @param names all that the patterns will be made of
 */
export async function patternsFor(
  client: pg.Client,
  encoding: string,
  names: readonly string[],
): Promise<Pattern> {
  const quoted: Pattern = (...parts) => parts.map((name) => pg.escapeIdentifier(name)).join('.');
  const characters = [...new Set(names.flatMap((name) => name.match(/\P{ASCII}/gu) ?? []))];
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII' || characters.length === 0) return quoted;
  const { rows } = await client.query<{ character: string; hex: string }>(
    `SELECT c AS character, pg_catalog.encode(pg_catalog.convert_to(c, $2), 'hex') AS hex
     FROM pg_catalog.unnest($1::pg_catalog.text[]) AS c`,
    [characters, encoding],
  );
  const hexOf = new Map(rows.map(({ character, hex }) => [character, hex]));
  const expression = (name: string) =>
    (name.match(/\p{ASCII}+|\P{ASCII}/gu) ?? ['']).map((run) =>
      // the parentheses end the digits
      hexOf.has(run) ? `(\\x${hexOf.get(run)})` : pg.escapeIdentifier(run),
    );
  return (...parts) => parts.map((name) => expression(name).join('')).join('.');
}
