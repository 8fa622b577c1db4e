import type pg from 'pg';
import type { Config } from '../../../../core/config.ts';
import type { Check } from '../../../../core/drill/report.ts';
import { figure, judged } from '../../../../core/drill/verdict.ts';
import { checkIntegritySnapshot } from '../../../../core/integrity/check.ts';
import type { RuleResult } from '../../../../core/integrity/findings.ts';

/** Foreign keys against the rows, sequences, and the rules of the configuration. Warnings are no failure of a restore. */
export async function checkIntegrity(client: pg.Client, config: Config): Promise<Check> {
  const { rules, counts } = await checkIntegritySnapshot(client, config.integrity);
  const told = (test: (rule: RuleResult) => boolean) =>
    rules
      .filter(test)
      .map(
        ({ name, violations, reason }) =>
          `${name}: ${violations === null ? (reason ?? 'violated') : `${violations} wrong, expected none`}`,
      );
  return judged(
    'integrity',
    {
      wrong: told(({ state, severity }) => state === 'violated' && severity === 'error'),
      unknown: told(({ state }) => state === 'could-not-check'),
    },
    [figure('rules', counts.rules, 'rules')],
  );
}
