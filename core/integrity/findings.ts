import type { RuleKind, Severity } from './rules.ts';
import type { Statement } from './session.ts';

/** Key columns of one row, by name, as text. */
export type Sample = Readonly<Record<string, string | null>>;

/** What a rule is about. */
export interface RuleHead {
  /** `foreign-key:public.stories.stories_project_id_fkey`, or the name a configuration gave. */
  readonly name: string;
  readonly kind: RuleKind;
  readonly severity: Severity;
  /** Tables it looks at, the one with the rows first. */
  readonly tables: readonly string[];
  readonly constraint?: string;
}

/** A rule as it is to be checked: by a query, or, where the catalogue has told already, by what it told. */
export interface PlannedRule extends RuleHead {
  readonly todo:
    | { readonly run: Statement }
    | { readonly found: string }
    | { readonly notApplicable: string }
    | { readonly couldNotCheck: string };
}

/** What became of a rule. */
export interface RuleResult extends RuleHead {
  readonly state: 'passed' | 'violated' | 'could-not-check' | 'not-applicable';
  /** Exact number of wrong rows (or objects), as decimal text; nothing where it was not counted. */
  readonly violations: string | null;
  /** Up to 20. */
  readonly samples: readonly Sample[];
  /** Why it was not checked, does not apply, or what exactly is wrong. */
  readonly reason?: string;
  readonly seconds: number;
}

/** What became of all of them. */
export interface IntegrityReport {
  /** `violated`: some rule of severity error. `could-not-verify`: none, but some rule could not be checked. */
  readonly outcome: 'verified' | 'violated' | 'could-not-verify';
  readonly database: string;
  readonly counts: {
    readonly rules: number;
    readonly passed: number;
    /** Rules violated, by severity. */
    readonly errors: number;
    readonly warnings: number;
    readonly couldNotCheck: number;
    readonly notApplicable: number;
    readonly foreignKeys: number;
  };
  readonly rules: readonly RuleResult[];
}

/** Sums up. A rule that does not apply has not passed; it is told by name. */
export function summarize(database: string, rules: readonly RuleResult[]): IntegrityReport {
  const count = (test: (rule: RuleResult) => boolean) => rules.filter(test).length;
  const violated = (severity: Severity) =>
    count((rule) => rule.state === 'violated' && rule.severity === severity);
  const counts = {
    rules: rules.length,
    passed: count(({ state }) => state === 'passed'),
    errors: violated('error'),
    warnings: violated('warning'),
    couldNotCheck: count(({ state }) => state === 'could-not-check'),
    notApplicable: count(({ state }) => state === 'not-applicable'),
    foreignKeys: count(({ kind }) => kind === 'foreign-key'),
  };
  const unsure = counts.couldNotCheck > 0 ? 'could-not-verify' : 'verified';
  return { outcome: counts.errors > 0 ? 'violated' : unsure, database, counts, rules };
}

/** Worst first: errors, what could not be checked, warnings, what does not apply. Rules that passed are left out. */
export function findingsOf(report: IntegrityReport): RuleResult[] {
  const rank = ({ state, severity }: RuleResult) => {
    if (state === 'violated') return severity === 'error' ? 0 : 2;
    return state === 'could-not-check' ? 1 : 3;
  };
  return report.rules
    .filter(({ state }) => state !== 'passed')
    .toSorted((left, right) => rank(left) - rank(right));
}

/**
 * As many findings as fit, worst first, and how many were left out.
 * @param bytes of JSON they may take together
 */
export function fittingFindings(
  report: IntegrityReport,
  bytes: number,
): { findings: RuleResult[]; leftOut: number } {
  const all = findingsOf(report);
  const findings: RuleResult[] = [];
  let left = bytes;
  for (const finding of all) {
    const { samples, ...rest } = finding;
    const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value)) + 1;
    // where keys are long, three of them say as much
    const fitting = [finding, { ...rest, samples: samples.slice(0, 3) }, { ...rest, samples: [] }].find(
      (form) => size(form) <= left,
    );
    if (fitting === undefined) break;
    findings.push(fitting);
    left -= size(fitting);
  }
  return { findings, leftOut: all.length - findings.length };
}
