import type { Check, TableFinding } from '../../../core/drill/report.ts';
import type { DrillRun } from './context.ts';

export async function inspectTarget(_run: DrillRun): Promise<{ checks: Check[]; tables: TableFinding[] }> {
  return { checks: [], tables: [] };
}
