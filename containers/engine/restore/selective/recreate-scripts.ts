import type { SchemaArchive } from '../archives.ts';
import type { ArchiveRun } from '../context.ts';
import { sqlOf, useList } from '../toc.ts';
import type { Choice } from './recreate-choose.ts';
import type { Entry } from './recreate-entries.ts';

/** What is run for dropped tables, in turn. Each is as pg_restore writes it, without what it says to a session first. */
export interface Scripts {
  /** Types, functions, sequences, tables: all that rows need. */
  readonly before: string;
  /** Indexes and keys. */
  readonly indexes: string;
  /** Foreign keys, triggers, policies, remarks. */
  readonly after: string;
  /** What hides rows, of the role that restores too where that is the owner and the table forces it. */
  readonly rowSecurity: string;
  /** Grants, one statement each. */
  readonly grants: readonly string[];
}

/** Writes the statements for what was chosen. */
export async function writeScripts(
  run: ArchiveRun,
  { file, postData }: SchemaArchive,
  { entries, joining }: Choice,
): Promise<Scripts> {
  const isGrant = ({ kind }: Entry) => kind === 'ACL';
  const hides = ({ kind }: Entry) => kind === 'ROW SECURITY';
  const others = entries.filter((entry) => !isGrant(entry) && !hides(entry) && !joining.includes(entry));
  const after = others.filter(({ line }) => postData.has(line));
  const script = async (name: string, chosen: readonly Entry[]) =>
    chosen.length === 0
      ? ''
      : body(
          await sqlOf(run, file, [
            await useList(
              run,
              name,
              chosen.map(({ line }) => line),
            ),
          ]),
        );
  const grants = await script('grants', entries.filter(isGrant));
  // a table that joins a partitioned one gets what indexes it lacks from that, under other names
  const lastIndex = after.findLastIndex(({ kind }) => ['INDEX', 'CONSTRAINT', 'INDEX ATTACH'].includes(kind));
  const early = after.slice(0, lastIndex + 1);
  return {
    before: await script(
      'before',
      others.filter((entry) => !after.includes(entry)),
    ),
    indexes: await script('indexes', early),
    after: [await script('joining', joining), await script('after', after.slice(lastIndex + 1))].join('\n'),
    rowSecurity: await script('row-security', entries.filter(hides)),
    grants: grants
      .split(/(?<=;)\n/)
      .map((statement) => statement.replaceAll(/^--.*$/gm, '').trim())
      .filter((statement) => statement !== ''),
  };
}

/** What pg_restore says to a session ends with this. */
const PREAMBLE_END = 'SET row_security = off;\n';

/** Without what is said to a session first, and without psql's own commands. */
function body(script: string): string {
  const key = /^\\restrict (\w+)$/m.exec(script)?.[1] ?? '';
  const start = script.indexOf(PREAMBLE_END) + PREAMBLE_END.length;
  return script.slice(start).replace(`\\unrestrict ${key}\n`, '');
}

/** The entry at a place of a script, as its heading says: `TABLE users in schema public`. */
export function entryAt(script: string, position: number): string {
  const headings = script
    .slice(0, position)
    .matchAll(/^-- Name: (.*); Type: (.*); Schema: (.*); Owner: .*$/gm);
  const [, name = '', kind = 'the structure', schema = '-'] = [...headings].at(-1) ?? [];
  return `${kind} ${schema === '-' ? '' : `${schema}.`}${name}`.trim();
}
