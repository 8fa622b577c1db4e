import type { Clients } from '../../programs/clients.ts';
import type { RestoreRun } from '../../restore/context.ts';
import {
  blocksOf,
  isGrant,
  isRefresh,
  sqlOf,
  useList,
  wantedEntries,
  withoutNumbers,
} from '../../restore/toc.ts';

/** What an archive says of one object. */
export interface Definition {
  /** `INDEX`, `POLICY`, `TABLE` … */
  readonly type: string;
  /** `public.users`, as a person says it. */
  readonly shown: string;
  readonly sql: string;
}

const HEADING = /^Name: (.*); Type: (.*); Schema: (.*); Owner: (.*)$/;

/** Definitions of an archive by what they are of, whoever owns it; without data, grants and what only names the database. */
export async function definitionsIn(
  run: RestoreRun,
  file: string,
  clients: Clients,
  name: string,
): Promise<Map<string, Definition>> {
  const entries = (await wantedEntries(run, file, clients)).filter(
    (entry) => !isGrant(entry) && !isRefresh(entry) && !/^(DATABASE|BLOB)/.test(withoutNumbers(entry)),
  );
  const definitions = new Map<string, Definition>();
  if (entries.length === 0) return definitions;
  const sql = await sqlOf(run, file, [await useList(run, name, entries)], clients);
  for (const [heading, text] of blocksOf(sql)) {
    const [, object = '', type = '', schema = ''] = HEADING.exec(heading) ?? [];
    if (/^(DATABASE|BLOB|LARGE OBJECT)/.test(type) || /^(DATABASE|LARGE OBJECT) /.test(object)) continue;
    definitions.set(JSON.stringify([type, schema, object]), {
      type,
      shown: `${type.toLowerCase()} ${schema === '-' ? '' : `${schema}.`}${object}`,
      sql: statementsOf(text),
    });
  }
  return definitions;
}

/** Without what pg_restore sets for the objects that follow, and without owners, which are compared for themselves. */
function statementsOf(text: string): string {
  return text
    .split('\n')
    .filter(
      (line) =>
        !/^SET default_(tablespace|table_access_method) = /.test(line) && !/ OWNER TO .*;$/.test(line),
    )
    .join('\n')
    .trim();
}

/** What a definition says, each part for the check that it belongs to. */
export interface Parts {
  readonly rowSecurity: string;
  /** CHECKs stand in the definition of their table. */
  readonly constraints: string;
  readonly rest: string;
}

/** Takes the definition of a table apart; of others all is rest. */
export function partsOf({ type, sql }: Pick<Definition, 'type' | 'sql'>): Parts {
  const lines = inOrder({ type, sql }).split('\n');
  const isRowSecurity = (line: string) => / (NO )?FORCE ROW LEVEL SECURITY;$/.test(line);
  const isConstraint = (line: string) => type === 'TABLE' && /^\s+CONSTRAINT /.test(line);
  const those = (wanted: (line: string) => boolean) => lines.filter(wanted).join('\n');
  return {
    rowSecurity: those(isRowSecurity),
    constraints: those(isConstraint),
    rest: those((line) => !isRowSecurity(line) && !isConstraint(line)),
  };
}

/** What may stand in another order in a restored database: columns of a table that inherits, roles of a policy. */
function inOrder({ type, sql }: Pick<Definition, 'type' | 'sql'>): string {
  if (type === 'TABLE')
    return sql
      .split('\n')
      .map((line) => line.replace(/,$/, ''))
      .sort()
      .join('\n');
  if (type !== 'POLICY') return sql;
  return sql.replace(
    / TO (.*?)( USING \(| WITH CHECK \(|;)/,
    (_, roles: string, rest: string) => ` TO ${roles.split(', ').sort().join(', ')}${rest}`,
  );
}

/**
 * Whether two texts say the same. A server does not give back every expression as it was written: `'a'::varchar` in a list
 * becomes `('a'::varchar)::text` once it is read again. So parentheses, blanks and casts are not compared.
 */
export function saySame(one: string, other: string): boolean {
  return one === other || bare(one) === bare(other);
}

function bare(sql: string): string {
  return sql
    .replace(
      /::(?:"(?:[^"]|"")+"|character varying|double precision|timestamp with(?:out)? time zone|time with(?:out)? time zone|bit varying|[\w.]+)(?:\(\d+(?:,\d+)?\))?(?:\[\])*/g,
      '',
    )
    .replace(/[\s()]+/g, '');
}
