import type pg from 'pg';
import { TargetNotEmptyError, UnsuitableTargetError } from '../../../core/errors/index.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { readFacts } from '../database/facts.ts';
import { userSchema } from '../database/inventory.ts';

/** How the set gets into the target: straight into an empty one, or beside a full one that it then replaces. */
export type Way = 'into-empty' | 'replace';

/**
 * Decides whether and how the set may be restored here, before anything is written.
 * @param confirmed the name the operator typed, where one was
 * @throws UnsuitableTargetError when the server is older than the source or cannot hold its characters
 * @throws TargetNotEmptyError when something would be overwritten and the name does not match
 */
export async function examineTarget(
  client: pg.Client,
  manifest: Manifest,
  confirmed: string | undefined,
): Promise<{ way: Way; major: number; database: string }> {
  const facts = await readFacts(client);
  const major = Math.floor(facts.serverVersionNum / 10_000);
  const sourceMajor = Math.floor(manifest.source.serverVersionNum / 10_000);
  if (major < sourceMajor) {
    throw new UnsuitableTargetError(
      `the target is PostgreSQL ${facts.serverVersion}, the set is of ${manifest.source.serverVersion}; restore into version ${sourceMajor} or newer`,
    );
  }
  const { encoding } = manifest.source;
  if (facts.encoding !== encoding && (facts.encoding !== 'UTF8' || encoding === 'SQL_ASCII')) {
    throw new UnsuitableTargetError(
      `the target's encoding is ${facts.encoding}, the set's is ${encoding}; create the target with ENCODING '${encoding}' TEMPLATE template0`,
    );
  }
  const holds = await contents(client);
  if (holds.length === 0) return { way: 'into-empty', major, database: facts.database };
  if (confirmed !== facts.database) throw new TargetNotEmptyError(facts.database, holds, confirmed);
  return { way: 'replace', major, database: facts.database };
}

/** What a user has put into the database, by name; extensions count with what they bring, plpgsql does not. */
async function contents(client: pg.Client): Promise<string[]> {
  const own = (catalog: string) => `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype IN ('e', 'i'))`;
  const { rows } = await client.query<{ what: string }>(`
    SELECT * FROM (
      SELECT pg_catalog.format('schema %I', n.nspname) AS what FROM pg_catalog.pg_namespace n
        WHERE ${userSchema('n')} AND n.nspname <> 'public'
      UNION ALL SELECT pg_catalog.format('relation %I.%I', n.nspname, o.relname)
        FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
        WHERE n.nspname = 'public' AND o.relkind NOT IN ('i', 'I', 't') AND ${own('pg_class')}
      UNION ALL SELECT pg_catalog.format('function %I.%I', n.nspname, o.proname)
        FROM pg_catalog.pg_proc o JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace
        WHERE n.nspname = 'public' AND ${own('pg_proc')}
      UNION ALL SELECT pg_catalog.format('type %I.%I', n.nspname, o.typname)
        FROM pg_catalog.pg_type o JOIN pg_catalog.pg_namespace n ON n.oid = o.typnamespace
        WHERE n.nspname = 'public' AND o.typtype IN ('e', 'd', 'r') AND ${own('pg_type')}
      UNION ALL SELECT pg_catalog.format('extension %I', e.extname) FROM pg_catalog.pg_extension e WHERE e.extname <> 'plpgsql'
      UNION ALL SELECT pg_catalog.format('large object %s', l.oid) FROM pg_catalog.pg_largeobject_metadata l
      UNION ALL SELECT pg_catalog.format('publication %I', p.pubname) FROM pg_catalog.pg_publication p
      UNION ALL SELECT pg_catalog.format('event trigger %I', o.evtname) FROM pg_catalog.pg_event_trigger o WHERE ${own('pg_event_trigger')}
    ) AS held LIMIT 50`);
  return rows.map((row) => row.what);
}
