import { closest, distance } from 'fastest-levenshtein';
import { SCHEDULED_KINDS } from '../kinds.ts';
import { WORKFLOW_ERROR } from '../names.ts';
import { InputError } from './base.ts';

/** A verb, option or option value the command line does not know. */
export class UsageError extends InputError {
  override readonly name = 'UsageError';
}

/** The input of an execution is none the workflow takes: an operator typed it in the console. */
export class WorkflowInputInvalid extends InputError {
  override readonly name = WORKFLOW_ERROR.inputInvalid;
  constructor(problem: string) {
    super(
      `the input ${problem}; expected {"kind": "daily"}, with one of ${SCHEDULED_KINDS.join(', ')}, and if the set is to be of ` +
        'another slot than now "slot": an instant with its zone, such as "2026-11-24T02:00:00+09:00"; nothing was done',
    );
  }
}

/** The input of a restore cannot be used; said in both languages, for nobody reads a manual at three in the morning. */
export class RestoreInputInvalid extends InputError {
  override readonly name = WORKFLOW_ERROR.restoreInputInvalid;
  constructor(english: string, korean: string) {
    super(`${english} Nothing was done. / ${korean} 아무 작업도 하지 않았습니다.`);
  }
}

/** A restore that may not run now, whatever its input. */
export class RestoreRefused extends InputError {
  override readonly name = WORKFLOW_ERROR.restoreRefused;
  constructor(english: string, korean: string) {
    super(`${english} Nothing was done. / ${korean} 아무 작업도 하지 않았습니다.`);
  }
}

/** What a function was called with is not what it takes. */
export class EventInvalidError extends InputError {
  override readonly name = 'EventInvalidError';
  constructor(problems: readonly string[]) {
    super(`the event cannot be used: ${problems.join('; ')}; nothing was done, see what called the function`);
  }
}

/** A required environment variable is missing or unusable. */
export class EnvironmentError extends InputError {
  override readonly name = 'EnvironmentError';
  constructor(variable: string, got: string, todo: string) {
    super(`${variable} ${got}; ${todo}`);
  }
}

/** The configuration file does not parse: every problem is listed with its path and what was expected. */
export class ConfigurationError extends InputError {
  override readonly name = 'ConfigurationError';
  constructor(origin: string, problems: readonly string[]) {
    super(`configuration ${origin} cannot be used: ${problems.join('; ')}`);
  }
}

/** A secret is empty, gone or closed to whoever asked. Its value is never repeated. */
export class SecretUnreadableError extends InputError {
  override readonly name = 'SecretUnreadableError';
  constructor(arn: string, problem: string, cause?: unknown) {
    super(
      `the secret ${arn} cannot be read: ${problem}; put its value in with aws secretsmanager put-secret-value, and see ` +
        'the rights of the function',
      { cause },
    );
  }
}

/** A function may not put a value into a secret; the value is never repeated. */
export class SecretUnwritableError extends InputError {
  override readonly name = 'SecretUnwritableError';
  constructor(arn: string, problem: string, cause?: unknown) {
    super(`the secret ${arn} cannot be written: ${problem}; see the rights of the function`, { cause });
  }
}

/** The connection string is none. Its text is never repeated: it holds the password. */
export class DatabaseUrlError extends InputError {
  override readonly name = 'DatabaseUrlError';
  constructor(variable: string, problem: string) {
    super(
      `${variable} ${problem}; expected postgresql://user:password@host:5432/database?sslmode=… ` +
        'with special characters of user and password percent-encoded',
    );
  }
}

/** Port 6543: a transaction pooler, where a session's snapshot and settings do not hold. */
export class TransactionPoolerError extends InputError {
  override readonly name = 'TransactionPoolerError';
  constructor(host: string) {
    super(
      `${host} is addressed on port 6543, a transaction pooler: a snapshot and session settings do not hold there, ` +
        'so a dump would be wrong; use the session pooler or the direct host, both on port 5432',
    );
  }
}

/** No session with the database could be opened. */
export class UnreachableDatabaseError extends InputError {
  override readonly name = 'UnreachableDatabaseError';
  constructor(where: string, problem: string, cause: unknown) {
    super(
      `cannot open a session with ${where}: ${problem}; check host, port, name, credentials and sslmode`,
      { cause },
    );
  }
}

/** The server is older than what the engine is built on. */
export class ServerTooOldError extends InputError {
  override readonly name = 'ServerTooOldError';
  constructor(server: string, oldest: number) {
    super(
      `the server is PostgreSQL ${server}, expected ${oldest} or newer; upgrade it, or back it up with pg_dump by hand`,
    );
  }
}

/** The PostgreSQL client programs are older than the server: pg_dump would refuse, or miss what it does not know. */
export class ClientTooOldError extends InputError {
  override readonly name = 'ClientTooOldError';
  constructor(found: readonly number[], needed: number, why: string) {
    super(
      `${why} needs PostgreSQL client programs of version ${needed} or newer, found ` +
        `${found.length === 0 ? 'none' : found.join(', ')}; install postgresql-client-${needed}, or name its bin ` +
        'directory in BACKUP_POSTGRES_BINDIRS',
    );
  }
}

/** A program the engine runs is not installed. */
export class MissingProgramError extends InputError {
  override readonly name = 'MissingProgramError';
  constructor(program: string, cause?: unknown) {
    super(`${program} was not found on PATH; install it (npm run setup does)`, { cause });
  }
}

/** Rows would be missing: tables the role may not read, or reads only in part. */
export class UnreadableTablesError extends InputError {
  override readonly name = 'UnreadableTablesError';
  constructor(role: string, denied: readonly string[], filtered: readonly string[]) {
    const parts = [
      ...(denied.length > 0 ? [`no SELECT on ${shortList(denied)}`] : []),
      ...(filtered.length > 0 ? [`row level security hides rows of ${shortList(filtered)}`] : []),
    ];
    super(
      `role ${role} cannot read everything: ${parts.join('; ')}; grant SELECT, use a role with BYPASSRLS or the ` +
        'owner, or exclude the schema in the configuration',
    );
  }
}

/** Large objects would be missing: the role may not read them. */
export class UnreadableLargeObjectsError extends InputError {
  override readonly name = 'UnreadableLargeObjectsError';
  constructor(role: string, oids: readonly string[]) {
    super(
      `role ${role} cannot read the large objects ${shortList(oids)}; grant SELECT on them, use their owner or a ` +
        'superuser, or remove them with lo_unlink where nothing needs them',
    );
  }
}

/** Neither key material nor a usable key was given. */
export class KeyError extends InputError {
  override readonly name = 'KeyError';
}

/** No backup set has this id. */
export class NoSuchSetError extends InputError {
  override readonly name = 'NoSuchSetError';
  constructor(asked: string, known: readonly string[]) {
    super(`there is no backup set ${asked}; ${nearest(asked, known, 'sets')}`);
  }
}

/** The set is there, but what was asked of it is not in it. */
export class UnsuitableSetError extends InputError {
  override readonly name = 'UnsuitableSetError';
}

/** A named table is in neither the database nor the set. */
export class NoSuchTableError extends InputError {
  override readonly name = 'NoSuchTableError';
  constructor(asked: readonly string[], known: readonly string[]) {
    super(
      `there is no table ${asked.map((table) => `${table} (${nearest(table, known, 'tables')})`).join(', ')}`,
    );
  }
}

/** A check of integrity was limited to a rule that neither the configuration nor the database has. */
export class NoSuchRuleError extends InputError {
  override readonly name = 'NoSuchRuleError';
  constructor(asked: readonly string[], known: readonly string[]) {
    super(
      `there is no rule ${asked.map((rule) => `${JSON.stringify(rule)} (${nearest(rule, known, 'rules')})`).join(', ')}; ` +
        'without --rule everything is checked',
    );
  }
}

/** A restore would overwrite what the target holds, and nobody confirmed it. */
export class TargetNotEmptyError extends InputError {
  override readonly name = 'TargetNotEmptyError';
  constructor(database: string, holds: readonly string[], confirmed: string | undefined) {
    super(
      `the target database ${database} is not empty (${shortList(holds)}), ` +
        (confirmed === undefined ? 'and nothing was confirmed' : `and --confirm says ${confirmed}`) +
        `; restore into an empty database, or replace this one with --confirm ${database}`,
    );
  }
}

/** The target cannot take this set, whatever it holds. */
export class UnsuitableTargetError extends InputError {
  override readonly name = 'UnsuitableTargetError';
}

/** The configuration wants the vault's secrets, and the role cannot decrypt them. */
export class VaultUnreadableError extends InputError {
  override readonly name = 'VaultUnreadableError';
  constructor(role: string) {
    super(
      `backup.vaultSecrets is on, and role ${role} may not decrypt the secrets of the vault; back up as postgres, or ` +
        'leave backup.vaultSecrets off and make the secrets again by hand after a restore',
    );
  }
}

/** Another restore is under way in the target. */
export class TargetBusyError extends InputError {
  override readonly name = 'TargetBusyError';
  constructor(where: string) {
    super(
      `another restore is under way in ${where}; wait until it has ended, then look at what it left, or name another target`,
    );
  }
}

/** The bucket cannot be used at all: not there, or not with these credentials. */
export class BucketError extends InputError {
  override readonly name = 'BucketError';
  constructor(bucket: string, problem: string, cause: unknown) {
    super(
      `bucket ${bucket} cannot be used: ${problem}; check BACKUP_BUCKET, the region, the endpoint and the credentials`,
      {
        cause,
      },
    );
  }
}

const SHOWN = 8;

/** Names for a message: the first ones, and how many more there are. */
export function shortList(names: readonly string[], separator = ', '): string {
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(separator) + (more > 0 ? ` and ${more} more` : '');
}

function nearest(asked: string, known: readonly string[], what: string): string {
  if (known.length === 0) return `there are no ${what} at all`;
  const best = closest(asked, known);
  return distance(asked, best) <= Math.max(3, asked.length / 2)
    ? `did you mean ${best}?`
    : `known ${what}: ${shortList(known)}`;
}

/** Sets of two times cannot be laid over each other. */
export class SetsDisagreeError extends InputError {
  override readonly name = 'SetsDisagreeError';
  constructor(base: string, unmatched: readonly string[]) {
    super(
      `tables were changed after ${base}, over which newer sets are to be laid: ${shortList(unmatched, '; ')}; nothing was ` +
        `done: restore ${base} alone by its id, or give an --at before the change or after the next daily set`,
    );
  }
}
