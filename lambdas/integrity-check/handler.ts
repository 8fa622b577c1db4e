import { z } from 'zod';
import {
  DatabaseFailedError,
  EnvironmentError,
  reason,
  SecretUnreadableError,
} from '../../core/errors/index.ts';
import { checkIntegritySnapshot } from '../../core/integrity/check.ts';
import { fittingFindings, type IntegrityReport, type RuleResult } from '../../core/integrity/findings.ts';
import { type IntegrityConfig, integritySchema } from '../../core/integrity/rules.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { readCredentials } from '../../core/new-project/credentials.ts';
import { RESTORE_TARGETS, type RestoreTarget } from '../../core/restore-input-members.ts';
import { openDatabase, parseDatabaseTarget } from '../common/database.ts';
import { parseEvent } from '../common/event.ts';
import { readSecret } from '../common/secret.ts';
import { requireEnv } from '../common/settings.ts';
import { logger } from '../common/telemetry.ts';

const eventSchema = z.strictObject({
  /** The database that is backed up, the one a restore writes to, or that of the project it made. */
  target: z.enum(RESTORE_TARGETS, { error: 'expected source or target, or new-project' }),
});

/** Variables that hold the ARN of the secret with the connection string. */
const SECRET_OF: Readonly<Record<RestoreTarget, string>> = {
  source: LAMBDA_ENV.databaseSecretArn,
  target: LAMBDA_ENV.targetDatabaseSecretArn,
  'new-project': LAMBDA_ENV.newProjectSecretArn,
};

/** Of the 15 minutes a function has; what is left is for connecting, and for a statement to end. */
const CHECK_MS = 13 * 60_000;
/** A server that says nothing any more: the session is cut, so that there is an answer. */
const SILENCE_MS = 30_000;

/** A workflow's state holds 256 KiB, and other steps need some of it. */
const FINDINGS_BYTES = 100 * 1024;

export interface IntegrityResult {
  readonly target: RestoreTarget;
  readonly database: string;
  readonly outcome: IntegrityReport['outcome'];
  readonly counts: IntegrityReport['counts'];
  /** Everything that has not passed, worst first, as far as it fits. */
  readonly findings: readonly RuleResult[];
  readonly findingsLeftOut: number;
}

/**
 * Checks the rows of a database (spec V1, V3) and says what was found. A violation is an answer, not an error: the workflow
 * decides by `outcome`.
 * @throws EventInvalidError, EnvironmentError, SecretUnreadableError, DatabaseUrlError, UnreachableDatabaseError
 * @throws DatabaseFailedError when the session is lost
 */
export async function handler(event: unknown): Promise<IntegrityResult> {
  const { target } = parseEvent(eventSchema, event);
  const arn = requireEnv(SECRET_OF[target], `the secret with the connection string of the ${target}`);
  const config = rules();
  const report = await check(parseDatabaseTarget(urlIn(target, await readSecret(arn), arn), arn), config);
  const { findings, leftOut } = fittingFindings(report, FINDINGS_BYTES);
  const { outcome, database, counts } = report;
  logger.info('integrity', { target, database, outcome, counts });
  for (const { name, state, violations, reason: why } of findings) {
    if (state !== 'not-applicable') logger.warn('finding', { rule: name, state, violations, reason: why });
  }
  return { target, database, outcome, counts, findings, findingsLeftOut: leftOut };
}

/** The secret of a project that was made holds more than its connection string. */
function urlIn(target: RestoreTarget, text: string, arn: string): string {
  if (target !== 'new-project') return text;
  const { databaseUrl } = readCredentials(text) ?? {};
  if (databaseUrl !== undefined) return databaseUrl;
  throw new SecretUnreadableError(arn, 'it holds no databaseUrl, for no project has been made yet');
}

function rules(): IntegrityConfig {
  const text = requireEnv(LAMBDA_ENV.integrity, 'the rules, as JSON');
  try {
    return integritySchema.parse(JSON.parse(text));
  } catch (error) {
    throw new EnvironmentError(LAMBDA_ENV.integrity, `cannot be used (${reason(error)})`, 'deploy again');
  }
}

async function check(
  database: ReturnType<typeof parseDatabaseTarget>,
  config: IntegrityConfig,
): Promise<IntegrityReport> {
  const deadline = Date.now() + CHECK_MS;
  const client = await openDatabase(database);
  // with a query under way, this cuts the connection
  const overdue = setTimeout(() => void client.end().catch(() => undefined), CHECK_MS + SILENCE_MS);
  try {
    return await checkIntegritySnapshot(client, config, { deadline });
  } catch (error) {
    throw new DatabaseFailedError('checking its integrity', error);
  } finally {
    clearTimeout(overdue);
    await client.end().catch(() => undefined);
  }
}
