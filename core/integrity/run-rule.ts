import { reason } from '../errors/index.ts';
import type { PlannedRule, RuleResult } from './findings.ts';
import { displayName, type Session, type Statement } from './session.ts';

/**
 * What a session must not differ in, whoever opened it: no name without its schema finds anything but the server's own,
 * row level security hides nothing unsaid, and a value is written the same everywhere.
 */
const SETTINGS = `
  SET LOCAL search_path = ''; SET LOCAL row_security = off; SET LOCAL lock_timeout = 0;
  SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC';
  SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 3; SET LOCAL idle_in_transaction_session_timeout = 0;
  -- since version 17
  SELECT pg_catalog.set_config(name, '0', true) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout'`;

/** Of everything the check does, and within it of each rule: going back to it gives the rule's locks and settings back, too. */
const WHOLE = 'videoplanet_integrity';
const EACH = 'videoplanet_rule';

/**
 * Tables whose rows the query just run may have missed: rewritten, emptied or made since the snapshot, they look empty in it. The
 * locks that the query took name every table it touched, and as long as they are held this cannot change.
 */
const TOUCHED = `
  SELECT n.nspname AS schema, c.relname AS name,
    c.oid IS NULL OR c.relkind IN ('r', 'm') AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid) AS moved,
    c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AS "table"
  FROM pg_catalog.pg_locks l
  LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.relation >= 16384
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    -- an index may be new, its table is what counts
    AND (c.oid IS NOT NULL OR pg_catalog.pg_get_indexdef(l.relation) IS NULL)
  ORDER BY 1, 2`;

interface Touched {
  readonly schema: string | null;
  readonly name: string | null;
  readonly moved: boolean;
  readonly table: boolean;
}

type Verdict = Pick<RuleResult, 'state' | 'violations' | 'samples' | 'tables'> & { readonly reason?: string };

/** Runs rules one after the other in the transaction of the session; one that fails leaves the others alone. */
export class RuleRunner {
  readonly #session: Session;
  readonly #timeoutSeconds: number;
  readonly #deadline: number;

  /** @param deadline milliseconds since 1970 */
  constructor(session: Session, timeoutSeconds: number, deadline = Number.POSITIVE_INFINITY) {
    this.#session = session;
    this.#timeoutSeconds = timeoutSeconds;
    this.#deadline = deadline;
  }

  async begin(): Promise<void> {
    await this.#session.query(
      `SAVEPOINT ${WHOLE}; ${SETTINGS}; SET LOCAL statement_timeout = ${this.#milliseconds()}; SAVEPOINT ${EACH}`,
    );
  }

  /** Gives back what was set and locked. */
  async end(): Promise<void> {
    await this.#session.query(`ROLLBACK TO SAVEPOINT ${WHOLE}; RELEASE SAVEPOINT ${WHOLE}`);
  }

  async run({ todo, ...head }: PlannedRule): Promise<RuleResult> {
    const started = performance.now();
    const verdict = 'run' in todo ? await this.#judge(todo.run, head) : ready(todo, head);
    return { ...head, ...verdict, seconds: Math.round(performance.now() - started) / 1000 };
  }

  async #judge(statement: Statement, head: Pick<RuleResult, 'kind' | 'tables'>): Promise<Verdict> {
    const unknown = { violations: null, samples: [], tables: head.tables };
    if (Date.now() >= this.#deadline)
      return { ...unknown, state: 'could-not-check', reason: 'no time was left for it' };
    const seconds = this.#milliseconds() / 1000;
    try {
      // nothing is written in here, also where the transaction around it may write; within it nobody can allow it again
      await this.#session.query(
        `ROLLBACK TO SAVEPOINT ${EACH}; SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${this.#milliseconds()}`,
      );
      const { rows } = await this.#session.query(statement.text, statement.values);
      return this.#verdict(rows[0], head, await this.#touched());
    } catch (error) {
      await this.#goBack(error);
      return { ...unknown, ...explained(error, head.kind, seconds) };
    }
  }

  #verdict(
    row: { violations: string; samples: RuleResult['samples'] | null },
    { kind, tables }: Pick<RuleResult, 'kind' | 'tables'>,
    touched: readonly Touched[],
  ): Verdict {
    const seen = touched.flatMap(({ schema, name, table }) =>
      table && schema !== null && name !== null ? [displayName(schema, name)] : [],
    );
    const moved = touched.filter((each) => each.moved);
    const own = kind === 'sql' ? seen : tables;
    if (moved.length > 0)
      return {
        state: 'could-not-check',
        violations: null,
        samples: [],
        tables: own,
        reason: `${movedNames(moved)} was emptied, rewritten or made anew while the check ran, so its rows as they were are gone: run it again`,
      };
    const { violations, samples } = row;
    return {
      state: violations === '0' ? 'passed' : 'violated',
      violations,
      samples: samples ?? [],
      tables: own,
    };
  }

  async #touched(): Promise<Touched[]> {
    const { rows } = await this.#session.query(TOUCHED);
    return rows;
  }

  /** A session that is lost says so here; what lost it is the better answer. */
  async #goBack(first: unknown): Promise<void> {
    await this.#session.query(`ROLLBACK TO SAVEPOINT ${EACH}`).catch(() => {
      throw first;
    });
  }

  #milliseconds(): number {
    const left = this.#deadline - Date.now();
    return Math.max(1, Math.ceil(Math.min(this.#timeoutSeconds * 1000, left)));
  }
}

function ready(
  todo: Exclude<PlannedRule['todo'], { run: unknown }>,
  { tables }: { tables: readonly string[] },
): Verdict {
  if ('found' in todo) return { state: 'violated', violations: '1', samples: [], tables, reason: todo.found };
  const common = { violations: null, samples: [], tables };
  return 'notApplicable' in todo
    ? { ...common, state: 'not-applicable', reason: todo.notApplicable }
    : { ...common, state: 'could-not-check', reason: todo.couldNotCheck };
}

function movedNames(moved: readonly Touched[]): string {
  const names = moved.flatMap(({ schema, name }) =>
    schema === null || name === null ? [] : [displayName(schema, name)],
  );
  return names.length === 0 ? 'a table' : names.join(', ');
}

/** A table, a schema, a column that is not there. */
const MISSING = new Set(['42P01', '3F000', '42703']);

/** What an error of the server means for the rule. */
function explained(
  error: unknown,
  kind: RuleResult['kind'],
  seconds: number,
): Pick<RuleResult, 'state'> & { reason: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const said = reason(error);
  const unsure = (todo: string) => ({ state: 'could-not-check' as const, reason: `${said}${todo}` });
  if (code === '57014')
    return unsure(
      `, after ${seconds} s; raise integrity.ruleTimeoutSeconds, add an index, or wait for what locks the table`,
    );
  if (!MISSING.has(code)) return unsure('');
  // the catalogue named it a moment ago
  if (kind !== 'sql') return unsure('; it was changed while the check ran: run it again');
  // a name without its schema is found nowhere: that is a mistake of the rule, and says nothing of this database
  const named = /["«“„](.+)["»”“]/.exec(said)?.[1] ?? '';
  if (code === '42P01' && !named.includes('.'))
    return unsure('; give every table its schema, such as public.stories');
  return { state: 'not-applicable', reason: said };
}
