import type pg from 'pg';
import type { Check } from '../../../../core/drill/report.ts';
import { figure, judged } from '../../../../core/drill/verdict.ts';
import { checkIntegritySnapshot } from '../../../../core/integrity/check.ts';
import type { RuleResult } from '../../../../core/integrity/findings.ts';
import type { DrillRun } from '../context.ts';

/** Foreign keys against the rows, orphans, the rules of the configuration (spec V1). */
export async function inspectIntegrity({ config }: DrillRun, client: pg.Client): Promise<Check> {
  const { rules, counts } = await checkIntegritySnapshot(client, config.integrity);
  const of = (state: RuleResult['state']) => rules.filter((rule) => rule.state === state);
  const wrong = of('violated')
    .filter(({ severity }) => severity === 'error')
    .map(({ name, violations, reason }) => `${name}: ${reason ?? `${violations ?? 'some'} rows break it`}`);
  const unknown = of('could-not-check').map(
    ({ name, reason }) => `${name}: ${reason ?? 'it could not be checked'}`,
  );
  return judged('integrity', { wrong, unknown }, [
    figure('rules', counts.rules, 'rules'),
    figure('foreign keys', counts.foreignKeys, 'rules'),
    figure('warnings', counts.warnings, 'rules'),
  ]);
}
