import type pg from 'pg';
import type { Config } from '../../../../core/config.ts';
import type { Check } from '../../../../core/drill/report.ts';
import { figure, judged } from '../../../../core/drill/verdict.ts';
import { checkIntegritySnapshot } from '../../../../core/integrity/check.ts';
import type { RuleResult } from '../../../../core/integrity/findings.ts';

/**
 * Foreign keys against the rows, sequences, and the rules of the configuration. Warnings are no failure of a restore.
 * @param asInSet whether the rows are proved to be those of the set: then what is wrong was so in the source
 */
export async function checkIntegrity(client: pg.Client, config: Config, asInSet: boolean): Promise<Check> {
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
      wrong: told(({ state, severity }) => state === 'violated' && severity === 'error').map((sentence) =>
        asInSet ? `${sentence}; the rows are those of the set, so look for it in the source` : sentence,
      ),
      unknown: told(({ state }) => state === 'could-not-check'),
    },
    [figure('rules', counts.rules, 'rules')],
  );
}
