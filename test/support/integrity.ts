import { DEFAULT_CONFIG } from '../../core/config.ts';
import { checkIntegritySnapshot, type IntegrityOptions } from '../../core/integrity/check.ts';
import type { IntegrityReport, RuleResult } from '../../core/integrity/findings.ts';
import { type IntegrityConfig, integritySchema } from '../../core/integrity/rules.ts';
import { withClient } from './engine.ts';

/** The check as a restore or a function runs it, with rules of its own or none. */
export function check(
  database: { url: string },
  config: Partial<Record<keyof IntegrityConfig, unknown>> = { rules: [] },
  options: IntegrityOptions = {},
): Promise<IntegrityReport> {
  const parsed = integritySchema.parse(config);
  return withClient(database.url, (client) => checkIntegritySnapshot(client, parsed, options));
}

export const TEAM_RULES = DEFAULT_CONFIG.integrity;

/** State and number of violations of each rule, by its name. */
export function verdicts({ rules }: IntegrityReport): Record<string, string> {
  return Object.fromEntries(
    rules.map(({ name, state, violations }) => [
      name,
      violations === null ? state : `${state} ${violations}`,
    ]),
  );
}

/** The rule of a name, which must be there. */
export function ruleNamed({ rules }: IntegrityReport, name: string): RuleResult {
  const found = rules.find((rule) => rule.name === name);
  if (found === undefined)
    throw new Error(`no rule ${name}, there are ${rules.map((rule) => rule.name).join(', ')}`);
  return found;
}

/** Statements that foreign keys do not watch, as data come to be wrong: a restore with triggers off, a bad repair. */
export function unwatched(sql: string): string {
  return `SET session_replication_role = replica; ${sql}; SET session_replication_role = origin`;
}
