import type { Config } from '../../../core/config.ts';
import { databaseFailure } from '../../../core/errors/index.ts';
import { checkIntegritySnapshot, type IntegrityOptions } from '../../../core/integrity/check.ts';
import type { IntegrityReport, RuleResult } from '../../../core/integrity/findings.ts';
import { EXIT } from '../../../core/names.ts';
import type { Outcome } from '../cli/outcome.ts';
import { connect } from '../database/connect.ts';
import type { Reporter } from '../progress/reporter.ts';
import { targetDatabase } from '../settings.ts';
import { renderIntegrity } from './table.ts';

/** Rules that passed and are in the result each; a database of ten thousand tables has more than a line can hold. */
const PASSED_NAMED = 500;

/** Without a terminal, a line about progress this often. */
const LOG_EVERY_MS = 10_000;

/**
 * Checks the database a restore writes to, where one is named, else the source. A violation is a finding, not an error: exit
 * code 1 with outcome `violated`.
 * @param only names or kinds of rules; all, if not given
 */
export async function integrity(
  config: Config,
  only: readonly string[] | undefined,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Outcome> {
  const client = await connect(await targetDatabase(), signal);
  try {
    const options: IntegrityOptions = { ...(only === undefined ? {} : { only }), onResult: teller(reporter) };
    const report = await reporter.phase('integrity', () =>
      checkIntegritySnapshot(client, config.integrity, options),
    );
    if (process.stderr.isTTY) process.stderr.write(renderIntegrity(report));
    return outcomeOfReport(report, reporter);
  } catch (error) {
    signal.throwIfAborted();
    throw databaseFailure('checking its integrity', error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function teller(reporter: Reporter): (result: RuleResult, done: number, all: number) => void {
  let told = performance.now();
  return ({ name, state, severity, violations, reason }, done, all) => {
    const fields = {
      rule: name,
      ...(violations === null ? {} : { violations }),
      ...(reason === undefined ? {} : { reason }),
    };
    if (state === 'violated')
      reporter.warn(severity === 'error' ? 'rule violated' : 'rule violated, a warning', fields);
    if (state === 'could-not-check') reporter.warn('rule not checked', fields);
    if (performance.now() - told < LOG_EVERY_MS) return;
    told = performance.now();
    reporter.notice('progress', { rules: done, of: all });
  };
}

const EXIT_CODE = {
  verified: EXIT.verified,
  violated: EXIT.failed,
  'could-not-verify': EXIT.unverified,
} as const;

function outcomeOfReport({ outcome, database, counts, rules }: IntegrityReport, reporter: Reporter): Outcome {
  const named = (state: RuleResult['state']) =>
    rules.filter((rule) => rule.state === state).map(({ name, reason }) => `${name}: ${reason}`);
  return {
    exitCode: EXIT_CODE[outcome],
    result: {
      outcome,
      database,
      counts,
      notVerified: named('could-not-check'),
      notApplicable: named('not-applicable'),
      ...listed(rules),
      seconds: reporter.timings,
    },
  };
}

/** Everything that has not passed, and what has as far as that is bearable. */
function listed(rules: readonly RuleResult[]): { rules: RuleResult[]; passedLeftOut: number } {
  let passed = 0;
  const kept = rules.filter(({ state }) => {
    if (state === 'passed') passed += 1;
    return state !== 'passed' || passed <= PASSED_NAMED;
  });
  return { rules: kept, passedLeftOut: rules.length - kept.length };
}
