import pg from 'pg';
import type { SetObject, TableEntry } from '../../../core/manifest.ts';
import { OBJECT } from '../../../core/names.ts';
import { formatSetId } from '../../../core/set-id.ts';
import { hasUserRows } from '../../../core/supabase/managed.ts';
import { DATABASE_PART } from '../database/roles-file.ts';
import { qualify } from '../database/session.ts';
import type { BackupRun } from './context.ts';
import { projectSteps } from './instructions-project.ts';

/**
 * RESTORE.md of a set: how to bring it back with nothing but aws, gpg, zstd and PostgreSQL's own programs (spec B6).
 * Its commands are run by a test, just as they stand.
 */
export function restoreInstructions(
  run: BackupRun,
  objects: readonly SetObject[],
  tables: readonly Pick<TableEntry, 'schema' | 'name' | 'columns'>[],
): string {
  const keyOf = (role: SetObject['role']) =>
    shellQuote(`set/${objects.find((object) => object.role === role)?.key ?? ''}`);
  const slices = objects.filter((object) => object.slice !== undefined);
  const copies = slices.map((object) => copyCommand(object, tables, run.scope.supabase));
  const project = run.scope.supabase ? projectSteps(objects, shellQuote) : undefined;
  const major = run.clients.major;
  return `# Restoring ${formatSetId(run.id)} by hand

This folder is a complete backup of database \`${run.facts.database}\` (PostgreSQL ${run.facts.serverVersion}), as it was at one
instant. Nothing but standard programs is needed: \`aws\`, \`gpg\`, \`zstd\`, and the client programs of PostgreSQL ${major}
or newer. Encrypted to: ${run.sealer.keyring.fingerprints.map((fingerprint) => `\`${fingerprint}\``).join(', ')}. Who holds
that private key, and nobody else, can read it.

Set where it goes to, ${project?.target ?? 'an **empty** database'} of PostgreSQL ${Math.floor(run.facts.serverVersionNum / 10_000)} or newer, and where it comes from:

\`\`\`
export TARGET='postgresql://user@host:5432/empty_database'   # the password is asked for, or put it into ~/.pgpass
export BUCKET=${shellQuote(run.sealer.bucket.name)}
gpg --import private-key.asc
\`\`\`

If S3 says InvalidObjectState, or passes over objects as GLACIER, the set has been archived. This asks for copies that live
for three days; they are there after up to 12 hours. Then add \`--force-glacier-transfer\` to the first command of step 1.

\`\`\`
aws s3api list-objects-v2 --bucket "$BUCKET" --prefix "${run.folder}" --output text \\
  --query "Contents[?StorageClass=='GLACIER' || StorageClass=='DEEP_ARCHIVE'].[Key]" |
  while read -r key; do
    aws s3api restore-object --bucket "$BUCKET" --key "$key" \\
      --restore-request '{"Days":3,"GlacierJobParameters":{"Tier":"Standard"}}'
  done
\`\`\`

1. Fetch the set and check that it is whole: every line of \`sha256sum\` must say OK.

\`\`\`sh
aws s3 cp --recursive "s3://$BUCKET/${run.folder}" set/ --only-show-errors
sha256sum --check --quiet <<'SUMS'
${objects.map((object) => `${object.stored.sha256}  set/${object.key}`).join('\n')}
SUMS
\`\`\`

2. Roles, then the structure. A role that exists already makes psql say so; that is expected here. It keeps its
   attributes, and gets the settings and memberships it has in the source, and \`ALTER ROLE ALL\` sets something for every
   role of the server: read \`roles.sql\` first if that is not wanted.
   ${project?.roles ?? 'Who is no superuser takes SUPERUSER, REPLICATION and BYPASSRLS out of it.'}

\`\`\`sh
export PGCLIENTENCODING=${run.facts.encoding === 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8'} PGOPTIONS='-c lc_monetary=C -c xmloption=content'
gpg --quiet --decrypt ${keyOf('roles')} | zstd --decompress --quiet > roles.sql
sed '/^${DATABASE_PART}$/,$d' roles.sql | psql --no-psqlrc --quiet --dbname="$TARGET"
gpg --quiet --decrypt ${keyOf('schema')} | zstd --decompress --quiet > schema.dump
${project?.before ?? ''}pg_restore --section=pre-data ${project?.wanted ?? ''}--exit-on-error --dbname="$TARGET" schema.dump
\`\`\`

3. Rows: everything that is not in slices, then the slices of the large tables.

\`\`\`sh
gpg --quiet --decrypt ${keyOf('rest')} | zstd --decompress --quiet | pg_restore --section=data --exit-on-error --dbname="$TARGET"
${copies.join('\n')}
\`\`\`

4. Indexes, constraints, triggers, policies, materialized views; last the settings of the database.

\`\`\`sh
pg_restore --section=post-data ${project?.wanted ?? ''}--exit-on-error --jobs=4 --dbname="$TARGET" schema.dump
${project?.after ?? `sed '1,/^${DATABASE_PART}$/d' roles.sql | psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --single-transaction --file=- --dbname="$TARGET"`}
psql --no-psqlrc --quiet --dbname="$TARGET" --command='ANALYZE'
\`\`\`

5. Compare: \`${OBJECT.manifest}\` lists every table with its exact number of rows.
`;
}

function copyCommand(
  object: SetObject,
  tables: readonly Pick<TableEntry, 'schema' | 'name' | 'columns'>[],
  ofProject: boolean,
): string {
  const { schema, table } = object.slice as NonNullable<SetObject['slice']>;
  const columns = tables.find((entry) => entry.schema === schema && entry.name === table)?.columns ?? [];
  const copy = `COPY ${qualify(schema, table)} (${columns.map((name) => pg.escapeIdentifier(name)).join(', ')}) FROM STDIN`;
  const key = shellQuote(`set/${object.key}`);
  const replica =
    ofProject && hasUserRows(schema) ? "--command='SET session_replication_role = replica' " : '';
  return `gpg --quiet --decrypt ${key} | zstd --decompress --quiet | psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname="$TARGET" ${replica}--command=${shellQuote(copy)}`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
