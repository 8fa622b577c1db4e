import { execa } from 'execa';
import type { Section } from './compare.ts';

/** The comment block that pg_dump writes before the statements of each object. */
const HEADER = /^--\n-- (Name: .*)\n--\n/m;
/** Settings that pg_dump writes when the next object needs them, before that object's header. */
const STATE = /^SET (default_tablespace|default_table_access_method) = .*;\n/gm;
const TRAILER = /^--\n-- PostgreSQL database dump complete\n--\n/m;
const RESTRICT = /^\\(un)?restrict .*\n/gm;
const VERSIONS = /^-- Dumped (from|by) .*\n/gm;

/**
 * The statements of pg_dump --schema-only by object. Kept apart by object because pg_dump breaks
 * ties of its order by OID, which a restored database does not share.
 */
export async function schemaEntries(url: string, binDir: string): Promise<Section> {
  const { stdout } = await execa(`${binDir}/pg_dump`, ['--schema-only', `--dbname=${url}`], {
    stripFinalNewline: false,
    maxBuffer: 1e9,
  });
  return splitEntries(stdout.replace(RESTRICT, '').replace(VERSIONS, '').replace(TRAILER, ''));
}

function splitEntries(dump: string): Section {
  const entries = new Map<string, string>();
  const [preamble = '', ...parts] = dump.split(HEADER);
  entries.set('preamble', preamble.replace(STATE, '').trim());
  let state = stateAfter(new Map(), preamble);
  for (let i = 0; i < parts.length; i += 2) {
    const [name = '', body = ''] = [parts[i], parts[i + 1]];
    const text = stateThatApplies(state, name) + withoutChance(name, body.replace(STATE, '').trim());
    // Two objects may share a header, such as casts between the same types: both texts are kept, sorted.
    const others = entries.get(name);
    entries.set(name, others === undefined ? text : [others, text].sort().join('\n'));
    state = stateAfter(state, body);
  }
  return entries;
}

/** Evens out what pg_dump itself cannot bring back, or prints in the order of a system catalog. */
function withoutChance(name: string, text: string): string {
  if (name.includes('; Type: POLICY;')) {
    return text.replace(/(?<= TO )(.+?)(?= USING \(| WITH CHECK \(|;$)/, (list) =>
      list.split(', ').sort().join(', '),
    );
  }
  // A table that began to inherit later gets its columns in the order of its parents.
  const inherits = name.includes('; Type: TABLE;') && text.includes('\nINHERITS (');
  return inherits ? text.replaceAll(/,$/gm, '').split('\n').sort().join('\n') : text;
}

type State = ReadonlyMap<string, string>;

function stateAfter(state: State, text: string): State {
  return new Map([...state, ...[...text.matchAll(STATE)].map((m): [string, string] => [m[1] ?? '', m[0]])]);
}

function stateThatApplies(state: State, name: string): string {
  const tablespace = state.get('default_tablespace') ?? '';
  if (/; Type: (TABLE|MATERIALIZED VIEW);/.test(name)) {
    return tablespace + (state.get('default_table_access_method') ?? '');
  }
  return /; Type: (INDEX|CONSTRAINT);/.test(name) ? tablespace : '';
}
