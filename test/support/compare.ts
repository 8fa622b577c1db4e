import pg from 'pg';
import { databaseSettings, largeObjects, roles } from './describe-globals.ts';
import { relationContents, sequencePositions } from './describe-rows.ts';
import { schemaEntries } from './describe-schema.ts';

/** Things of one kind: what each is called, and a text that is the same when the thing is. */
export type Section = ReadonlyMap<string, string>;

/** All that a backup must bring back, gathered without any of the product's code. */
export type DatabaseDescription = {
  /** The statements of pg_dump --schema-only for each object. */
  readonly schema: Section;
  /** Row count and a hash of the rows, in any order, of each table and materialized view. */
  readonly tables: Section;
  readonly sequences: Section;
  readonly largeObjects: Section;
  /** Settings per database and role, encoding, collation, privileges and comment of the database. */
  readonly settings: Section;
  /** Attributes and memberships of the roles that the database's objects refer to. */
  readonly roles: Section;
};

/** Which database to describe, and the directory of the pg_dump to do it with. */
export type DescribeOptions = { readonly url: string; readonly binDir: string };

// Fixed output formats, so that a database's own settings cannot make equal rows look different.
const SESSION = `
  SET search_path = ''; SET row_security = off; SET "TimeZone" = 'UTC'; SET "DateStyle" = 'ISO, YMD';
  SET "IntervalStyle" = 'postgres'; SET extra_float_digits = 3; SET bytea_output = 'hex'; SET lc_monetary = 'C';
  SET xmloption = 'content'; SET statement_timeout = 0; SET jit = off; SET work_mem = '64MB'`;

/** Describes a database so that two of them can be compared. Nothing may write to it meanwhile. */
export async function describeDatabase({ url, binDir }: DescribeOptions): Promise<DatabaseDescription> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(SESSION);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return {
      schema: await schemaEntries(url, binDir),
      tables: await relationContents(client),
      sequences: await sequencePositions(client),
      largeObjects: await largeObjects(client),
      settings: await databaseSettings(client),
      roles: await roles(client),
    };
  } finally {
    await client.end();
  }
}

/** What differs between two databases, a line per thing; empty when they are equal. */
export function differences(a: DatabaseDescription, b: DatabaseDescription): string[] {
  const sections = Object.keys(a) as (keyof DatabaseDescription)[];
  return sections.flatMap((section) => sectionDifferences(section, a[section], b[section]));
}

function sectionDifferences(section: string, a: Section, b: Section): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].sort().flatMap((name) => {
    const [first, second] = [a.get(name), b.get(name)];
    if (first === second) return [];
    if (first === undefined) return [`${section}: ${name} is only in the second: ${shorten(second ?? '')}`];
    if (second === undefined) return [`${section}: ${name} is only in the first: ${shorten(first)}`];
    const [left, right] = firstDifference(first, second);
    return [`${section}: ${name} differs: ${shorten(left)} <> ${shorten(right)}`];
  });
}

/** The first line that differs says more than the beginning of two long texts. */
function firstDifference(first: string, second: string): [string, string] {
  const [left, right] = [first.split('\n'), second.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  return at < 0 ? ['(end)', right[left.length] ?? ''] : [left[at] ?? '', right[at] ?? '(end)'];
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
