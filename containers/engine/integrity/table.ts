import Table from 'cli-table3';
import { findingsOf, type IntegrityReport, type RuleResult } from '../../../core/integrity/findings.ts';

/** Findings a terminal shows; the result holds all. */
const SHOWN = 40;
const REASON_WIDTH = 60;

/** For a person: what was found, worst first, and one line that sums up. */
export function renderIntegrity(report: IntegrityReport): string {
  const { counts, database } = report;
  const findings = findingsOf(report);
  const sum =
    `${database}: ${counts.rules} rules, ${counts.passed} passed, ${counts.errors} violated, ${counts.warnings} warnings, ` +
    `${counts.couldNotCheck} not checked, ${counts.notApplicable} not applicable`;
  if (findings.length === 0) return `${sum}\n`;
  const table = new Table({
    head: ['integrity', 'state', 'rows', 'such as, or why'],
    colAligns: ['left', 'left', 'right', 'left'],
    style: { head: [], border: [], compact: true },
    colWidths: [null, null, null, REASON_WIDTH],
    wordWrap: true,
  });
  for (const finding of findings.slice(0, SHOWN))
    table.push([oneLine(finding.name), stateOf(finding), finding.violations ?? '', explanation(finding)]);
  const more = findings.length > SHOWN ? `${findings.length - SHOWN} more in the result\n` : '';
  return `${table.toString()}\n${more}${sum}\n`;
}

function stateOf({ state, severity }: RuleResult): string {
  return state === 'violated' && severity === 'warning' ? 'warning' : state;
}

function explanation({ samples, reason }: RuleResult): string {
  const [first] = samples;
  if (first === undefined) return oneLine(reason ?? '');
  return oneLine(
    Object.entries(first)
      .map(([column, value]) => `${column}=${value ?? 'null'}`)
      .join(', '),
  );
}

/** Names and keys may hold anything; a line break or an escape sequence is not a terminal's to obey. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (sign) => JSON.stringify(sign).slice(1, -1).replace('\u007f', '\\u007f'));
}
