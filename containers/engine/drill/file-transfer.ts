import type { Check } from '../../../core/drill/report.ts';
import { notRun } from '../../../core/drill/verdict.ts';
import type { DrillRun } from './context.ts';

export async function fileTransfer(_run: DrillRun): Promise<Check> {
  return notRun('file-transfer', 'stub');
}
