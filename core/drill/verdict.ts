import type { Check, CheckId, CheckState, Figure, FigureName, Unit, Verdict } from './report.ts';

/** Findings that a check lists; a database of ten thousand tables may have as many. */
const FINDINGS = 100;

/** A check that was run. */
export function checked(
  id: CheckId,
  state: CheckState,
  findings: readonly string[] = [],
  figures: readonly Figure[] = [],
): Check {
  return {
    id,
    state,
    figures: [...figures],
    findings: findings.slice(0, FINDINGS),
    findingsLeftOut: Math.max(0, findings.length - FINDINGS),
  };
}

/**
 * A check by what was found: anything wrong is a failure, and what could not be looked at keeps it from being verified.
 * @param wrong sentences
 * @param unknown sentences
 */
export function judged(
  id: CheckId,
  { wrong, unknown = [] }: { wrong: readonly string[]; unknown?: readonly string[] },
  figures: readonly Figure[] = [],
): Check {
  const unsure = unknown.length > 0 ? 'could-not-verify' : 'verified';
  return checked(id, wrong.length > 0 ? 'failed' : unsure, [...wrong, ...unknown], figures);
}

/** One for which the target has no means, or that nobody asked for. */
export function notRun(id: CheckId, why: string): Check {
  return checked(id, 'not-run', [why]);
}

/** One that should have been looked at, and was not. */
export function couldNotVerify(id: CheckId, why: string): Check {
  return checked(id, 'could-not-verify', [why]);
}

export function figure(name: FigureName, value: number, unit: Unit): Figure {
  return { name, value: Math.round(value * 1000) / 1000, unit };
}

/** One wrong thing makes the drill a failed one; else one unknown thing makes it one that could not verify. */
export function verdictOf(checks: readonly Check[]): Verdict {
  const has = (state: CheckState) => checks.some((check) => check.state === state);
  if (has('failed')) return 'failed';
  // a drill that has proved nothing has not verified anything
  return has('could-not-verify') || !has('verified') ? 'could-not-verify' : 'verified';
}

/** What of the checks was not proved, by name. */
export function unprovedOf(checks: readonly Check[]): string[] {
  return named(checks, 'could-not-verify');
}

/** What the target had no means for. */
export function notRunOf(checks: readonly Check[]): string[] {
  return named(checks, 'not-run');
}

/** What is wrong, by name. */
export function failuresOf(checks: readonly Check[]): string[] {
  return named(checks, 'failed');
}

function named(checks: readonly Check[], state: CheckState): string[] {
  return checks
    .filter((check) => check.state === state)
    .flatMap(({ id, findings, findingsLeftOut }) => [
      ...(findings.length === 0 ? [id] : findings.map((finding) => `${id}: ${finding}`)),
      ...(findingsLeftOut === 0 ? [] : [`${id}: ${findingsLeftOut} more that are not listed`]),
    ]);
}
