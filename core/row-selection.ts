import { UsageError } from './errors/index.ts';

/** One row by the values of some columns, as text; the server reads them as the columns' types. */
export interface RowKey {
  /** `name` or `schema.name`, as it was typed. */
  readonly table: string;
  readonly values: ReadonlyMap<string, string>;
}

/** Rows by a condition. */
export interface RowCondition {
  readonly table: string;
  /** An expression of SQL. */
  readonly condition: string;
}

/** A name, or one in double quotes, which may hold anything; a quote in it is written twice. */
const NAME = String.raw`(?:"(?:[^"]|"")+"|[^\s":.=,]+)`;
const TABLE = new RegExp(String.raw`^(${NAME}(?:\.${NAME})?)\s*:\s*`, 'u');
/** A value ends at the next comma, unless it is in double quotes. */
const PAIR = new RegExp(String.raw`^\s*(${NAME})\s*=\s*("(?:[^"]|"")*"|[^,]*?)\s*(?:,|$)`, 'u');

/**
 * Reads `projects:id=7` or `members:project_id=7,user_id="a,b"`.
 * @throws UsageError with the form that was expected
 */
export function parseRowKey(text: string): RowKey {
  const { table, rest } = tableOf(text, `'projects:id=7', several columns with commas`);
  const values = new Map<string, string>();
  let left = rest;
  while (left !== '') {
    const [all, name = '', value = ''] = PAIR.exec(left) ?? [];
    if (all === undefined)
      throw new UsageError(
        `${JSON.stringify(text)} cannot be read from ${JSON.stringify(left)} on; expected column=value, a value with a comma in double quotes`,
      );
    if (values.has(unquoted(name)))
      throw new UsageError(
        `${JSON.stringify(text)} names the column ${unquoted(name)} twice; give each once`,
      );
    values.set(unquoted(name), unquoted(value));
    left = left.slice(all.length);
  }
  if (values.size === 0)
    throw new UsageError(`${JSON.stringify(text)} names no column; expected 'projects:id=7'`);
  return { table, values };
}

/**
 * Reads `projects:created_at > '2026-11-01'`. What follows the colon is the server's to read.
 * @throws UsageError with the form that was expected
 */
export function parseRowCondition(text: string): RowCondition {
  const { table, rest } = tableOf(text, `'projects:owner_id = 7', a condition of SQL`);
  if (rest.trim() === '')
    throw new UsageError(`${JSON.stringify(text)} has no condition; expected 'projects:owner_id = 7'`);
  return { table, condition: rest };
}

function tableOf(text: string, expected: string): { table: string; rest: string } {
  const [all, table] = TABLE.exec(text) ?? [];
  if (all === undefined || table === undefined)
    throw new UsageError(`${JSON.stringify(text)} names no table; expected ${expected}`);
  return { table, rest: text.slice(all.length) };
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1
    ? text.slice(1, -1).replaceAll('""', '"')
    : text;
}
