import type { SetObject } from '../../../core/manifest.ts';
import { MANAGED_SCHEMAS_PATTERN } from '../../../core/supabase/managed.ts';
import { DATABASE_PART } from '../database/roles-file.ts';

/** What is done otherwise by hand where the set is of a Supabase project: each a part of RESTORE.md. */
export interface ProjectSteps {
  readonly target: string;
  readonly roles: string;
  /** Commands before the structure. */
  readonly before: string;
  /** Options by which pg_restore takes what is the user's. */
  readonly wanted: string;
  /** Commands after constraints, triggers and policies. */
  readonly after: string;
}

/** Entries of schema.dump that every project has of the platform, and that only the platform may make. */
const OF_PLATFORM = [
  'COMMENT - EXTENSION ',
  ' (ACL|COMMENT) (pg_catalog|information_schema) ',
  ` (ACL|COMMENT) (- SCHEMA )?${MANAGED_SCHEMAS_PATTERN} `,
  ' PUBLICATION - supabase_realtime',
  ' EVENT TRIGGER - .* supabase_[a-z_]+$',
  ' DEFAULT ACL .* supabase_[a-z_]+$',
].join('|');

/** Lines of JSON become a table by a copy whose quote and delimiter no text holds. */
const READ_LINES = String.raw`WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')`;

/** @param quote for a shell */
export function projectSteps(objects: readonly SetObject[], quote: (text: string) => string): ProjectSteps {
  const fetch = (role: SetObject['role']) => {
    const key = objects.find((object) => object.role === role)?.key;
    return key === undefined
      ? undefined
      : `gpg --quiet --decrypt ${quote(`set/${key}`)} | zstd --decompress --quiet > ${role}.jsonl`;
  };
  return {
    target:
      'a **new Supabase project** (role `postgres`, by its direct host or its session pooler on port 5432, with\n`sslmode=verify-full` and the certificate of the dashboard)',
    roles:
      'In a project most of these statements are refused, for the platform has the roles already; those of your own are made.',
    before: `psql --no-psqlrc --quiet --dbname="$TARGET" <<'SQL'
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON FUNCTIONS FROM anon, authenticated, service_role;
SQL
pg_restore --list schema.dump | grep -vE ${quote(OF_PLATFORM)} > wanted.list
`,
    wanted: '--no-owner --use-list=wanted.list ',
    after: [fetch('supabase'), ADDITIONS, ...vaultSteps(fetch('vault')), SETTINGS]
      .filter((step) => step !== undefined)
      .join('\n'),
  };
}

const ADDITIONS = String.raw`psql --no-psqlrc --quiet --tuples-only --dbname="$TARGET" <<'SQL'
CREATE TEMPORARY TABLE added (line jsonb);
\copy added FROM supabase.jsonl ${READ_LINES}
-- policies, triggers and grants on the platform's tables
SELECT statement FROM added, jsonb_array_elements_text(line -> 'sql') AS statement
\gexec
-- jobs of pg_cron, off: SELECT cron.alter_job(jobid, active := true) FROM cron.job turns them on
SELECT format('SELECT cron.alter_job(cron.schedule(%L, %L, %L), active := false)', line ->> 'name', line ->> 'schedule', line ->> 'command')
  FROM added WHERE line ->> 'kind' = 'cron'
\gexec
SQL`;

function vaultSteps(fetch: string | undefined): (string | undefined)[] {
  if (fetch === undefined) return [];
  return [
    fetch,
    String.raw`psql --no-psqlrc --quiet --dbname="$TARGET" <<'SQL'
CREATE TEMPORARY TABLE secrets (line jsonb);
\copy secrets FROM vault.jsonl ${READ_LINES}
\o /dev/null
SELECT vault.create_secret(line ->> 'secret', line ->> 'name', line ->> 'description') FROM secrets;
SQL
rm vault.jsonl`,
  ];
}

/** What of it the platform looks after is refused, and goes on. */
const SETTINGS = `sed -e '1,/^${DATABASE_PART}$/d' -e '/^REVOKE/d' roles.sql | psql --no-psqlrc --quiet --file=- --dbname="$TARGET"`;
