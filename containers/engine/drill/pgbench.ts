import type { Check } from '../../../core/drill/report.ts';
import { notRun } from '../../../core/drill/verdict.ts';
import type { DrillRun } from './context.ts';

export async function pgbench(_run: DrillRun): Promise<Check> {
  return notRun('pgbench', 'stub');
}
