import type pg from 'pg';

/**
 * Texts of the shared catalogues (roles, settings, comments of databases) are in the encoding of whichever database they
 * were written in, and nothing says which. A server that converts them from its own encoding to ours refuses, or makes
 * something else of them. So they are asked for as bytes, with `hexOf`, and read here.
 */
export interface SharedText {
  /** Nothing for bytes that are no text in the encoding of the database, nor in UTF-8. */
  read(hex: string): string | undefined;
  /** False where the server itself, and so pg_dump, would fail to convert one of them into UTF-8. */
  readonly convertible: boolean;
}

/** SQL for the bytes of a text or name, as a query of `queryShared` must ask for them. */
export function hexOf(expression: string): string {
  return `pg_catalog.encode(pg_catalog.textsend(${expression}::pg_catalog.text), 'hex')`;
}

/** Runs a query during which nothing is converted; it must name nothing but ASCII. */
export async function queryShared<R extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<R[]> {
  const { rows: before } = await client.query<{ encoding: string }>(
    "SELECT pg_catalog.current_setting('client_encoding') AS encoding",
  );
  await client.query("SET client_encoding = 'SQL_ASCII'");
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    // after a failure inside a transaction this fails too, and the session is of no use any more
    await client.query(`SET client_encoding = '${before[0]?.encoding}'`).catch(() => undefined);
  }
}

/** Learns to read these texts: the database's own encoding comes first, for pg_dump reads them so, then UTF-8. */
export async function readerOf(client: pg.Client, hexes: Iterable<string>): Promise<SharedText> {
  const { rows } = await client.query<{ encoding: string }>(
    "SELECT pg_catalog.current_setting('server_encoding') AS encoding",
  );
  const encoding = rows[0]?.encoding ?? 'UTF8';
  const known = new Map<string, string | undefined>();
  let convertible = true;
  for (const hex of hexes) {
    const utf8 = decodeUtf8(hex);
    const sameEverywhere = utf8 !== undefined && /^\p{ASCII}*$/u.test(utf8);
    const never = sameEverywhere || encoding === 'UTF8' || encoding === 'SQL_ASCII';
    const converted = never ? undefined : await convert(client, hex, encoding);
    if (!never && converted === undefined) convertible = false;
    known.set(hex, converted ?? utf8);
  }
  return { read: (hex) => known.get(hex), convertible };
}

function decodeUtf8(hex: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(hex, 'hex'));
  } catch {
    return undefined;
  }
}

/** A server that refuses ends the transaction it is in, so each text gets a savepoint of its own. */
async function convert(client: pg.Client, hex: string, encoding: string): Promise<string | undefined> {
  const inside = client.getTransactionStatus() === 'T';
  if (inside) await client.query('SAVEPOINT shared_text');
  try {
    const { rows } = await client.query<{ text: string }>(
      "SELECT pg_catalog.convert_from(pg_catalog.decode($1, 'hex'), $2) AS text",
      [hex, encoding],
    );
    return rows[0]?.text;
  } catch (error) {
    // 22021: no text of this encoding; 22P05: a character that UTF-8 does not have
    if (!(error instanceof Error && 'code' in error && /^22/.test(String(error.code)))) throw error;
    if (inside) await client.query('ROLLBACK TO SAVEPOINT shared_text');
    return undefined;
  } finally {
    if (inside) await client.query('RELEASE SAVEPOINT shared_text').catch(() => undefined);
  }
}

/** The roles of the server that are not its own. */
export interface RoleNames {
  /** Names by oid. */
  readonly byOid: ReadonlyMap<string, string>;
  /** Bytes, in hexadecimal digits, of the names that cannot be read. */
  readonly unreadable: readonly string[];
  /** See `SharedText`. */
  readonly convertible: boolean;
}

/** The prefix is reserved: nobody can give a role such a name. */
export function isServersOwn(role: string): boolean {
  return role.startsWith('pg_');
}

/** @param own also those whose name begins with `pg_`, which are the server's own */
export async function readRoleNames(client: pg.Client, own: 'with-own' | 'without-own'): Promise<RoleNames> {
  const rows = await queryShared<{ oid: string; hex: string }>(
    client,
    `SELECT oid::pg_catalog.text AS oid, ${hexOf('rolname')} AS hex FROM pg_catalog.pg_roles`,
  );
  const texts = await readerOf(
    client,
    rows.map(({ hex }) => hex),
  );
  const named = rows.flatMap(({ oid, hex }) => {
    const name = texts.read(hex);
    return name === undefined || (own === 'without-own' && isServersOwn(name)) ? [] : [[oid, name] as const];
  });
  return {
    byOid: new Map(named.sort(([, a], [, b]) => (a < b ? -1 : 1))),
    convertible: texts.convertible,
    unreadable: rows.map(({ hex }) => hex).filter((hex) => texts.read(hex) === undefined),
  };
}
