import { NoSuchRuleError } from '../errors/index.ts';
import { configuredRules } from './configured.ts';
import { type IntegrityReport, type PlannedRule, type RuleResult, summarize } from './findings.ts';
import { foreignKeyRules } from './foreign-keys.ts';
import { type IntegrityConfig, RULE_KINDS } from './rules.ts';
import { RuleRunner } from './run-rule.ts';
import { sequenceRules } from './sequences.ts';
import { displayName, type Session } from './session.ts';
import { invalidIndexRules, notValidatedRules } from './structure.ts';

/** What of all there is to check. */
export interface IntegrityOptions {
  /** Names of rules, or kinds of them; all where none is named. */
  readonly only?: readonly string[];
  /** Only what looks at one of these tables, by whichever end. */
  readonly onlyTables?: readonly { readonly schema: string; readonly name: string }[];
  /** Rules that would begin after this instant (milliseconds since 1970) count as not checked; no rule runs beyond it. */
  readonly deadline?: number;
  /** Told of each rule as it is done. */
  readonly onResult?: (result: RuleResult, done: number, all: number) => void;
}

/**
 * Sees whether the rows keep what foreign keys, sequences and the rules of a configuration say (spec V1, V3), in one
 * snapshot in which nothing can be written.
 * @param session outside of a transaction; its settings are as before afterwards
 * @throws NoSuchRuleError for a name in `only` that nothing has
 * @throws whatever the driver throws when the session is lost, or the catalogue cannot be read
 */
export async function checkIntegritySnapshot(
  session: Session,
  config: IntegrityConfig,
  options: IntegrityOptions = {},
): Promise<IntegrityReport> {
  await session.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  try {
    return await checkIntegrity(session, config, options);
  } finally {
    // a lost session has no transaction left to end, and its own error is the one to tell
    await session.query('ROLLBACK').catch(() => undefined);
  }
}

/**
 * The same within a transaction that is open already, such as that of a restore: it sees what that has written, and
 * leaves the transaction as it was.
 */
export async function checkIntegrity(
  session: Session,
  config: IntegrityConfig,
  options: IntegrityOptions = {},
): Promise<IntegrityReport> {
  const runner = new RuleRunner(session, config.ruleTimeoutSeconds, options.deadline);
  await runner.begin();
  try {
    const { rows } = await session.query('SELECT pg_catalog.current_database() AS name');
    const rules = chosen(await plan(session, config), options);
    const results: RuleResult[] = [];
    for (const rule of rules) {
      const result = await runner.run(rule);
      results.push(result);
      options.onResult?.(result, results.length, rules.length);
    }
    return summarize(rows[0]?.name ?? '', results);
  } finally {
    // a session that is lost has nothing to give back
    await runner.end().catch(() => undefined);
  }
}

/** What a configuration asks for comes first: it is what somebody thought of. */
async function plan(session: Session, config: IntegrityConfig): Promise<PlannedRule[]> {
  return [
    ...(await configuredRules(session, config.rules)),
    ...(await foreignKeyRules(session)),
    ...(await sequenceRules(session)),
    ...(await notValidatedRules(session)),
    ...(await invalidIndexRules(session)),
  ];
}

function chosen(rules: PlannedRule[], { only, onlyTables }: IntegrityOptions): PlannedRule[] {
  const names = new Set<string>([...RULE_KINDS, ...rules.map(({ name }) => name)]);
  const unknown = only?.filter((name) => !names.has(name)) ?? [];
  if (unknown.length > 0) throw new NoSuchRuleError(unknown, [...names]);
  const tables = new Set(onlyTables?.map(({ schema, name }) => displayName(schema, name)));
  return rules.filter(
    (rule) =>
      (only === undefined || only.includes(rule.name) || only.includes(rule.kind)) &&
      // which tables a query of somebody else's looks at is known only when it has run
      (onlyTables === undefined || rule.kind === 'sql' || rule.tables.some((table) => tables.has(table))),
  );
}
