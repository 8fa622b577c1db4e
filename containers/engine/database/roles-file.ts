/**
 * How roles.sql is written and read. One statement stands on one line: nothing that breaks a line stands in it raw, so
 * neither a role's name nor the value of a setting, which every role may choose for itself, can begin a statement.
 */

/** psql puts the name of the database it is connected to here, so the text fits a target of any name. */
export const THIS_DATABASE = ':"DBNAME"';

/** Between the statements about roles and those about the database. No statement can look like it: they begin with a verb. */
export const DATABASE_PART = '-- Settings, grants and comment of the database itself';

const BREAKS = /[\p{Cc}\u2028\u2029]/gu;
const ASCII_BREAKS = /[^\P{Cc}\x80-\x9f]/gu;

/** Writes names and texts for roles.sql. */
export interface Quoting {
  identifier(name: string): string;
  literal(text: string): string;
}

/** @param encoding of the database: the bytes of SQL_ASCII have no known meaning, and no escape above ASCII works there */
export function quoting(encoding: string): Quoting {
  const breaks = encoding === 'SQL_ASCII' ? ASCII_BREAKS : BREAKS;
  const hex = (char: string) => char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return {
    identifier: (name) => {
      const quoted = name.replaceAll('"', '""');
      if (quoted.search(breaks) < 0) return `"${quoted}"`;
      return `U&"${quoted.replaceAll('\\', '\\\\').replace(breaks, (char) => `\\${hex(char)}`)}"`;
    },
    literal: (text) => {
      const quoted = text.replaceAll("'", "''");
      // with a backslash the plain form would mean something else where standard_conforming_strings is off
      if (quoted.search(breaks) < 0 && !quoted.includes('\\')) return `'${quoted}'`;
      return `E'${quoted.replaceAll('\\', '\\\\').replace(breaks, (char) => `\\u${hex(char)}`)}'`;
    },
  };
}

/** A statement about a role. `shown` is what of it may be told: everything but the value of a setting. */
export type RoleStatement = {
  readonly text: string;
  readonly shown: string;
  readonly role: string;
} & (
  | { readonly verb: 'create'; readonly identifier: string; readonly attributes: readonly string[] }
  | { readonly verb: 'set' }
  | { readonly verb: 'grant'; readonly member: string; readonly withoutGrantor: string }
);

/** A statement about the database, whose name comes between the two. */
export interface DatabaseStatement {
  readonly before: string;
  readonly after: string;
  readonly shown: string;
}

/** roles.sql by when its statements are due. */
export interface RolesFile {
  /** About roles of the server: before the structure, which names them as owners and grantees. */
  readonly roles: readonly RoleStatement[];
  /** About the database itself: last, for a setting may change how the rest is read. */
  readonly database: readonly DatabaseStatement[];
  /** Lines that are no statement of ours, one sentence each; nothing of them is run. */
  readonly problems: readonly string[];
}

const IDENTIFIER = String.raw`(?:"(?:[^"\0-\x1f\x7f]|"")+"|U&"(?:[^"\\\0-\x1f\x7f]|""|\\\\|\\[0-9A-F]{4})+")`;
const LITERAL = String.raw`(?:'[^'\\\0-\x1f\x7f]*(?:''[^'\\\0-\x1f\x7f]*)*'|E'[^'\\\0-\x1f\x7f]*(?:(?:''|\\\\|\\u[0-9A-F]{4})[^'\\\0-\x1f\x7f]*)*')`;
const SET = String.raw` SET ${IDENTIFIER}(?:\.${IDENTIFIER})* TO `;
const VALUES = `${LITERAL}(?:, ${LITERAL})*;`;
const ATTRIBUTE = String.raw`(?:SUPERUSER|NOINHERIT|CREATEROLE|CREATEDB|LOGIN|REPLICATION|BYPASSRLS|CONNECTION LIMIT -?\d+|VALID UNTIL ${LITERAL})`;
const OPTION = '(?:ADMIN OPTION|INHERIT (?:TRUE|FALSE)|SET (?:TRUE|FALSE))';

const CREATE_ROLE = new RegExp(`^CREATE ROLE (${IDENTIFIER})(?: WITH((?: ${ATTRIBUTE})+))?;$`);
const ALTER_ROLE = new RegExp(`^(ALTER ROLE (${IDENTIFIER})${SET})${VALUES}$`);
/** It changes every role of a server that may serve others, so it is told and never done. */
const ALTER_ALL = new RegExp(`^(ALTER ROLE ALL${SET})${VALUES}$`);
const GRANT = new RegExp(
  `^(GRANT (${IDENTIFIER}) TO (${IDENTIFIER})(?: WITH ${OPTION}(?:, ${OPTION})*)?)(?: GRANTED BY ${IDENTIFIER})?;$`,
);
/** What comes before the name of the database, what after it may be told, and what is a value. */
const OF_DATABASE = [
  `(ALTER DATABASE )${THIS_DATABASE}(${SET})(${VALUES})`,
  `(ALTER ROLE ${IDENTIFIER} IN DATABASE )${THIS_DATABASE}(${SET})(${VALUES})`,
  `(REVOKE ALL ON DATABASE )${THIS_DATABASE}( FROM PUBLIC;)`,
  `(GRANT (?:CONNECT|CREATE|TEMPORARY) ON DATABASE )${THIS_DATABASE}( TO (?:PUBLIC|${IDENTIFIER})(?: WITH GRANT OPTION)?;)`,
  `(COMMENT ON DATABASE )${THIS_DATABASE}( IS )(${LITERAL};)`,
].map((pattern) => new RegExp(`^${pattern}$`));

/** Takes from the text what the backup can have written, and nothing else. */
export function parseRolesFile(text: string): RolesFile {
  const roles: RoleStatement[] = [];
  const database: DatabaseStatement[] = [];
  const problems: string[] = [];
  let ofDatabase = false;
  for (const [i, line] of text.split('\n').entries()) {
    if (line === DATABASE_PART) ofDatabase = true;
    if (line === '' || line.startsWith('--')) continue;
    const everyone = ofDatabase ? undefined : ALTER_ALL.exec(line)?.[1];
    if (everyone !== undefined) {
      problems.push(
        `role: «${everyone}…» was not done, since it is for every role here; do it where it is wanted`,
      );
      continue;
    }
    const statement = ofDatabase ? parseOfDatabase(line) : parseOfRole(line);
    // not repeated: it may hold a secret
    if (statement === undefined)
      problems.push(`roles.sql: line ${i + 1} is no statement a backup writes there, left out`);
    else if ('verb' in statement) roles.push(statement);
    else database.push(statement);
  }
  return { roles, database, problems };
}

function parseOfRole(text: string): RoleStatement | undefined {
  const [, identifier, list = ''] = CREATE_ROLE.exec(text) ?? [];
  if (identifier !== undefined) {
    const attributes = list.match(new RegExp(ATTRIBUTE, 'g')) ?? [];
    return { verb: 'create', text, shown: text, role: unquote(identifier), identifier, attributes };
  }
  const [, shown = '', altered] = ALTER_ROLE.exec(text) ?? [];
  if (altered !== undefined) return { verb: 'set', text, shown: `${shown}…`, role: unquote(altered) };
  const [, plain = '', role, member = ''] = GRANT.exec(text) ?? [];
  if (role === undefined) return undefined;
  const withoutGrantor = `${plain};`;
  return { verb: 'grant', text, shown: text, role: unquote(role), member: unquote(member), withoutGrantor };
}

function parseOfDatabase(text: string): DatabaseStatement | undefined {
  for (const pattern of OF_DATABASE) {
    const [, before, head, value] = pattern.exec(text) ?? [];
    if (before === undefined || head === undefined) continue;
    const shown = before + THIS_DATABASE + head + (value === undefined ? '' : '…');
    return { before, after: head + (value ?? ''), shown };
  }
  return undefined;
}

function unquote(identifier: string): string {
  const inner = identifier.slice(identifier.indexOf('"') + 1, -1).replaceAll('""', '"');
  if (!identifier.startsWith('U&')) return inner;
  return inner.replace(/\\(\\|[0-9A-F]{4})/g, (_, code: string) =>
    code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
