import type { Check } from '../../../core/drill/report.ts';
import { notRun } from '../../../core/drill/verdict.ts';
import type { DrillRun } from './context.ts';

export async function httpProbes(_run: DrillRun): Promise<Check> {
  return notRun('http-probes', 'stub');
}
