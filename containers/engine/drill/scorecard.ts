import Table from 'cli-table3';
import type { CheckState, DrillReport } from '../../../core/drill/report.ts';
import type { Evidence } from './evidence.ts';

const SHOWN: Readonly<Record<CheckState, string>> = {
  verified: 'verified',
  failed: 'FAILED',
  'could-not-verify': 'could not verify',
  'not-run': 'not run',
};

/** Findings of one check that fit beside it. */
const FINDINGS = 3;

/** What a person at a terminal, or a reader of the log, sees first. */
export function renderScorecard(report: DrillReport, evidence: Evidence): string {
  const table = new Table({
    head: ['check', 'state', 'figures', 'findings'],
    colWidths: [20, 18, 34, 70],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  for (const { id, state, figures, findings } of report.checks)
    table.push([
      id,
      SHOWN[state],
      figures
        .map(({ name, value, unit }) => (name === unit ? `${value} ${unit}` : `${name} ${value} ${unit}`))
        .join('\n'),
      [
        ...findings.slice(0, FINDINGS),
        ...(findings.length > FINDINGS ? [`… ${findings.length - FINDINGS} more`] : []),
      ].join('\n'),
    ]);
  const recovered =
    report.recoverySeconds === null
      ? 'no time to recover was measured'
      : `recovered in ${report.recoverySeconds} s`;
  return `${table.toString()}\n  ${report.verdict}: ${report.set?.id ?? 'no set'}, ${recovered}; ${evidence.report}\n`;
}
