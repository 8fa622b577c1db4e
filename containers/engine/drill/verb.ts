import { CHECK_STATES, type Check, type CheckState, type Verdict } from '../../../core/drill/report.ts';
import { EXIT, type ExitCode } from '../../../core/names.ts';
import type { Outcome } from '../cli/outcome.ts';
import type { Verb } from '../cli/verbs.ts';
import type { DrillRequest } from './request.ts';
import { type Drilled, drill } from './run.ts';
import { renderScorecard } from './scorecard.ts';

const EXIT_CODE: Readonly<Record<Verdict, ExitCode>> = {
  verified: EXIT.verified,
  failed: EXIT.failed,
  'could-not-verify': EXIT.unverified,
};

/** Sentences of each kind that the result repeats; the report has them all. */
const REPEATED = 50;

/** The verb `drill`. */
export function drillVerb(request: DrillRequest): Verb {
  return async ({ config, reporter, signal, tell }) => {
    const drilled = await drill(config, request, { reporter, signal, tell });
    process.stderr.write(renderScorecard(drilled.report, drilled.evidence));
    return { exitCode: EXIT_CODE[drilled.report.verdict], result: resultOf(drilled) };
  };
}

function resultOf({ report, evidence, failures }: Drilled): Outcome['result'] {
  const { id, verdict, recoverySeconds, levels, trend, set, target } = report;
  return {
    id,
    verdict,
    ...evidence,
    set: set?.id ?? null,
    snapshotAt: set?.snapshotAt ?? null,
    target,
    recoverySeconds,
    levels,
    regression: trend.regression,
    medianSeconds: trend.medianSeconds,
    checks: counted(report.checks),
    failed: failures.slice(0, REPEATED),
    notVerified: report.notVerified.slice(0, REPEATED),
    notRun: report.notRun.slice(0, REPEATED),
    seconds: Object.fromEntries(report.phases.map(({ name, seconds }) => [name, seconds])),
  };
}

const MEMBER: Readonly<Record<CheckState, string>> = {
  verified: 'verified',
  failed: 'failed',
  'could-not-verify': 'couldNotVerify',
  'not-run': 'notRun',
};

function counted(checks: readonly Check[]): Record<string, number> {
  return Object.fromEntries(
    CHECK_STATES.map((state) => [MEMBER[state], checks.filter((check) => check.state === state).length]),
  );
}
