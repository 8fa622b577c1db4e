import type { Check } from '../../../core/drill/report.ts';
import { notRun } from '../../../core/drill/verdict.ts';
import type { DrillRun } from './context.ts';

export async function signIn(_run: DrillRun): Promise<Check> {
  return notRun('sign-in', 'stub');
}
