import type { CheckId } from '../../../../core/drill/report.ts';

/** What pg_restore writes of one entry of an archive. */
interface Entry {
  readonly type: string;
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  readonly text: string;
}

/** One thing that is compared: an entry, or a line of a table that another check looks at. */
export interface Definition {
  readonly check: CheckId;
  /** `INDEX public.users_email_idx` */
  readonly label: string;
  readonly type: string;
  readonly schema: string;
  /** Nothing where it belongs to whoever owns what it is part of. */
  readonly owner: string | undefined;
  readonly text: string;
}

const HEADING = /^-- Name: (.*); Type: (.*?); Schema: (.*); Owner: (.*?)(?:; Tablespace: .*)?$/;

/** What pg_restore writes between entries: it belongs to whatever comes next, and only when that differs from the last. */
const BETWEEN =
  /\n+(?:SET default_(?:tablespace|table_access_method) = [^\n]*;|\\(?:un)?restrict \S+|--\n-- PostgreSQL database dump complete\n--)$/;

/** Types whose owner is told by what they are part of. */
const PART_OF_ANOTHER =
  /^(COMMENT|SECURITY LABEL|CONSTRAINT|FK CONSTRAINT|CHECK CONSTRAINT|TRIGGER|RULE|POLICY|ROW SECURITY|INDEX|INDEX ATTACH|DEFAULT|SEQUENCE OWNED BY|TABLE ATTACH|PUBLICATION TABLE.*|EXTENSION)$/;

/** Told by other means, or by nothing: named after the database, read from its rows, or the comparison's own subject. */
const NOT_COMPARED =
  /^(DATABASE|DATABASE PROPERTIES|ACL|DEFAULT ACL|BLOB|BLOBS|BLOB METADATA|LARGE OBJECT|EXTENSION|MATERIALIZED VIEW DATA|SEQUENCE SET|TABLE DATA|ENCODING|STDSTRINGS|SEARCHPATH)$/;

const CHECK_OF: Readonly<Record<string, CheckId>> = {
  INDEX: 'indexes',
  'INDEX ATTACH': 'indexes',
  CONSTRAINT: 'constraints',
  'FK CONSTRAINT': 'constraints',
  'CHECK CONSTRAINT': 'constraints',
  'ROW SECURITY': 'row-level-security',
  POLICY: 'row-level-security',
  SEQUENCE: 'sequences',
  'SEQUENCE OWNED BY': 'sequences',
  'MATERIALIZED VIEW': 'materialized-views',
};

/** Reads the script that pg_restore makes of an archive. @returns by label */
export function definitionsIn(sql: string): Map<string, Definition> {
  const definitions = entriesIn(sql).flatMap(definitionsOf);
  return new Map(definitions.map((definition) => [definition.label, definition]));
}

function entriesIn(sql: string): Entry[] {
  const entries: (Omit<Entry, 'text'> & { readonly lines: string[] })[] = [];
  const lines = sql.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const heading = lines[i] === '--' && lines[i + 2] === '--' ? HEADING.exec(lines[i + 1] ?? '') : null;
    if (heading === null) {
      entries.at(-1)?.lines.push(lines[i] ?? '');
      continue;
    }
    const [, name = '', type = '', schema = '', owner = ''] = heading;
    entries.push({ name, type, schema, owner, lines: [] });
    i += 2;
  }
  return entries.map(({ lines: own, ...entry }) => ({ ...entry, text: withoutRest(own.join('\n')) }));
}

function withoutRest(text: string): string {
  let rest = text.trimEnd();
  while (BETWEEN.test(rest)) rest = rest.replace(BETWEEN, '').trimEnd();
  // the owner is compared by itself, for some cannot be had everywhere
  return rest.replace(/\n+ALTER [^\n]* OWNER TO [^\n]*;$/, '').trim();
}

function definitionsOf(entry: Entry): Definition[] {
  const { type, schema, name, owner } = entry;
  if (NOT_COMPARED.test(type) || /^(DATABASE|EXTENSION plpgsql|LARGE OBJECT) ?/.test(name)) return [];
  const place = schema === '-' ? name : `${schema}.${name}`;
  const owned = PART_OF_ANOTHER.test(type) ? undefined : owner;
  const one = (check: CheckId, text: string): Definition => ({
    check,
    label: `${check === 'constraints' ? 'CONSTRAINT' : type} ${place}`,
    type,
    schema,
    owner: owned,
    text,
  });
  const check = /^COMMENT EXTENSION /.test(`${type} ${name}`)
    ? 'extensions'
    : (CHECK_OF[type] ?? 'structure');
  // the same one stands in the table where it is valid, and apart where it is not
  if (check === 'constraints')
    return [one(check, /ADD (CONSTRAINT [\s\S]*);$/.exec(entry.text)?.[1] ?? entry.text)];
  if (type === 'POLICY') return [one(check, withRolesInOrder(entry.text))];
  if (type !== 'TABLE' && type !== 'FOREIGN TABLE' && type !== 'DOMAIN') return [one(check, entry.text)];
  const { rest, constraints, forced } = tableParts(entry.text);
  return [
    one(check, rest),
    ...constraints.map((text) => ({
      ...one('constraints', text),
      label: `CONSTRAINT ${place} ${constraintName(text)}`,
      type: 'CHECK CONSTRAINT',
      owner: undefined,
    })),
    ...(forced === undefined
      ? []
      : [{ ...one('row-level-security', forced), label: `FORCE ROW SECURITY ${place}`, owner: undefined }]),
  ];
}

/** Constraints and forced row level security of a table have checks of their own. */
function tableParts(text: string): { rest: string; constraints: string[]; forced: string | undefined } {
  const constraints: string[] = [];
  let forced: string | undefined;
  const rest = text.split('\n').filter((line) => {
    if (/^\s+CONSTRAINT \S/.test(line)) {
      constraints.push(line.trim().replace(/[,;]$/, ''));
      return false;
    }
    if (!/^ALTER TABLE [^\n]* FORCE ROW LEVEL SECURITY;$/.test(line)) return true;
    forced = line;
    return false;
  });
  // which line is the last one, and ends without a comma, depends on those that were taken out
  const lines = rest.map((line) => line.replace(/[,;]$/, '')).filter((line) => line !== '');
  // a child gets its parent's columns first, wherever it had them before it was one
  if (lines.some((line) => line.startsWith('INHERITS ('))) lines.sort();
  return { rest: lines.join('\n'), constraints, forced };
}

const ROLE = '(?:"(?:[^"]|"")+"|\\w+)';
const ROLES_OF_POLICY = new RegExp(`( TO )(${ROLE}(?:, ${ROLE})*)(?=;| USING \\(| WITH CHECK \\()`);

/** The server gives the roles of a policy in the order in which they were made on it. */
function withRolesInOrder(text: string): string {
  return text.replace(ROLES_OF_POLICY, (_, to: string, roles: string) => {
    const names = roles.match(new RegExp(ROLE, 'g')) ?? [];
    return to + names.sort().join(', ');
  });
}

function constraintName(text: string): string {
  const [, quoted, plain = ''] = /^CONSTRAINT (?:"((?:[^"]|"")+)"|(\S+))/.exec(text) ?? [];
  return quoted?.replaceAll('""', '"') ?? plain;
}
