import type { Check } from '../../../core/drill/report.ts';
import { notRun } from '../../../core/drill/verdict.ts';
import type { DrillRun } from './context.ts';

export async function sqlProbes(_run: DrillRun): Promise<Check> {
  return notRun('sql-probes', 'stub');
}
