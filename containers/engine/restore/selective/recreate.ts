import pg from 'pg';
import {
  DatabaseFailedError,
  LockTimeoutError,
  RowsOrphanedError,
  RowsRefusedError,
  reason,
} from '../../../../core/errors/index.ts';
import { keyOf } from '../../../../core/table-names.ts';
import { qualify } from '../../database/session.ts';
import { become } from '../privileges.ts';
import type { SelectiveRun } from './context.ts';
import { shown } from './recreate-entries.ts';
import { privilegesOf } from './recreate-grants.ts';
import { inSomePath } from './recreate-paths.ts';
import { planRecreation, type RecreationPlan } from './recreate-plan.ts';
import { entryAt } from './recreate-scripts.ts';
import type { SetTable } from './set-tables.ts';
import { AS_TEXT, sourceColumns } from './source-types.ts';
import type { TargetForeignKey } from './target-keys.ts';
import type { TargetColumn, TargetTable } from './target-tables.ts';
import { list, type Unit } from './unit.ts';

/**
 * Makes tables anew that were dropped since the set was made, within the transaction that restores their rows: first what
 * rows need, then, when they are in, all that watches over them.
 */
export class Recreation {
  readonly #run: SelectiveRun;
  readonly #plan: RecreationPlan;
  readonly #tables: ReadonlyMap<string, TargetTable>;
  /** What was done in another search path than usual, one sentence each. */
  readonly #otherwise: string[] = [];

  private constructor(run: SelectiveRun, plan: RecreationPlan, tables: readonly TargetTable[]) {
    this.#run = run;
    this.#plan = plan;
    this.#tables = new Map(tables.map((table) => [keyOf(table), table]));
  }

  /**
   * Reads how the tables are made; nothing is changed yet.
   * @throws UnsuitableTargetError, UnsuitableSetError when they cannot be made
   */
  static async prepare(run: SelectiveRun, tables: readonly SetTable[]): Promise<Recreation> {
    const plan = await planRecreation(run, tables);
    const made: TargetTable[] = [];
    for (const table of tables) made.push(await toBe(run.client, table));
    return new Recreation(run, plan, made);
  }

  /** The tables as far as they are known before they are made. */
  get tables(): ReadonlyMap<string, TargetTable> {
    return this.#tables;
  }

  includes(table: { schema: string; name: string }): boolean {
    return this.#tables.has(keyOf(table));
  }

  /**
   * Foreign keys they had to tables that are there, so that rows they refer to can be found. Compared by the usual
   * operators: the server checks them by the right ones when it makes them.
   */
  get foreignKeys(): TargetForeignKey[] {
    return this.#run.manifest.foreignKeys
      .filter(({ from, to }) => this.includes(from) && !this.includes(to))
      .map(({ name, from, to, columns, toColumns, matchFull }) => ({
        name,
        child: from,
        parent: to,
        matchFull,
        columns: columns.map((child, i) => ({
          child,
          parent: toColumns[i] ?? child,
          equals: 'OPERATOR(pg_catalog.=)',
        })),
      }));
  }

  /** What comes with the tables, for the result. */
  describe(): Record<string, readonly string[]> {
    const { entries, needed, ofOthers } = this.#plan;
    const besides = new Set([...needed, ...ofOthers]);
    return {
      made: entries.filter((entry) => !besides.has(entry)).map(shown),
      alsoNeeded: needed.map(shown),
      ofOtherTables: ofOthers.map(shown),
    };
  }

  /** What went with the tables and does not come back. */
  get lost(): readonly string[] {
    return this.#plan.lost;
  }

  /** Makes the tables, empty, without what watches over rows, and open to nobody but their owners. */
  async make(lockSeconds: number): Promise<void> {
    const { client, manifest } = this.#run;
    await client.query(`SET LOCAL lock_timeout = ${Math.round(lockSeconds * 1000)}`);
    await client.query(
      'SET LOCAL check_function_bodies = off; SET LOCAL client_min_messages = error; SET LOCAL standard_conforming_strings = on',
    );
    await this.#execute(this.#plan.scripts.before, lockSeconds);
    // what default privileges of the target gave away the set did not
    await become(client, privilegesOf(this.#plan.entries), []);
    const made = new Set(
      this.#plan.entries
        .filter(({ kind }) => kind === 'SEQUENCE')
        .map(({ schema, tag }) => keyOf({ schema, name: tag })),
    );
    for (const { schema, name, lastValue, isCalled } of manifest.sequences)
      if (made.has(keyOf({ schema, name })))
        await client.query('SELECT pg_catalog.setval($1::pg_catalog.regclass, $2, $3)', [
          qualify(schema, name),
          lastValue,
          isCalled,
        ]);
  }

  /** Indexes, constraints, triggers, policies that do not act yet. */
  async finish(lockSeconds: number): Promise<void> {
    const { scripts, entries } = this.#plan;
    const tables = entries.filter(({ kind }) => kind === 'TABLE');
    const owners = [...new Set(tables.map(({ owner }) => owner))];
    // whom all of them trust
    await this.#inSomePath(
      `indexes of ${tables.map(({ schema, tag }) => `${schema}.${tag}`).join(', ')}`,
      owners,
      () => this.#run.client.query(scripts.indexes),
    ).catch((error: unknown) => {
      throw failure(scripts.indexes, error, lockSeconds);
    });
    await this.#execute(this.#plan.scripts.after, lockSeconds);
  }

  /**
   * Row level security, then grants: when nothing of the tables has to be read any more.
   * @returns grants that could not be given, and what was done otherwise, one sentence each
   */
  async handOver(lockSeconds: number): Promise<string[]> {
    const { client } = this.#run;
    await this.#execute(this.#plan.scripts.rowSecurity, lockSeconds);
    const refused = [...this.#otherwise];
    for (const statement of this.#plan.scripts.grants) {
      await client.query('SAVEPOINT statement');
      try {
        await client.query(statement);
        await client.query('RELEASE SAVEPOINT statement');
      } catch (error) {
        if (!(error instanceof pg.DatabaseError && error.code === UNDEFINED_OBJECT))
          throw new DatabaseFailedError(`granting (${statement})`, error, UNCHANGED);
        await client.query('ROLLBACK TO SAVEPOINT statement');
        refused.push(`«${statement}» was not done (${reason(error)})`);
      }
    }
    return refused;
  }

  /** Puts the staged rows of a table that has just been made into it. */
  async fill(unit: Unit, staged: readonly TargetColumn[]): Promise<void> {
    const { schema, name } = unit.target;
    const owners = this.#plan.entries.filter(
      (entry) => entry.kind === 'TABLE' && entry.schema === schema && entry.tag === name,
    );
    const what = `rows of ${schema}.${name}`;
    await this.#inSomePath(
      what,
      owners.map(({ owner }) => owner),
      () => fillMade(this.#run.client, unit, staged),
    );
  }

  async #inSomePath(what: string, owners: readonly string[], work: () => Promise<unknown>): Promise<void> {
    const [owner = '', ...others] = owners;
    const path = await inSomePath(this.#run, others.length > 0 ? '' : owner, async () => {
      await work();
    });
    if (path !== '')
      this.#otherwise.push(
        `${what}: brought back with search_path = ${path}, for a function finds names by that; see that it is right`,
      );
  }

  async #execute(script: string, lockSeconds: number): Promise<void> {
    if (script.trim() === '') return;
    try {
      await this.#run.client.query(script);
    } catch (error) {
      throw failure(script, error, lockSeconds);
    }
  }
}

/** A role that is not there. */
const UNDEFINED_OBJECT = '42704';
const UNCHANGED = 'nothing was changed';

function failure(script: string, error: unknown, lockSeconds: number): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code = '', table, schema, constraint, detail = '' } = error;
  if (code === '55P03')
    return new LockTimeoutError(
      lockSeconds,
      error,
      'a lock on a table that goes together with those to make',
    );
  const name = `${schema}.${table}`;
  if (code === '23503') {
    // the sentence is in the server's language, the columns and values are not
    const [, columns, values] = /\((.*)\)=\((.*)\)/.exec(detail) ?? [];
    return new RowsOrphanedError(
      [`rows of ${name} (${constraint})${columns === undefined ? '' : `, such as ${columns} = ${values}`}`],
      'bring back what they refer to with --with-parents, or change or delete the rows that are in the way',
    );
  }
  if (code.startsWith('23')) return new RowsRefusedError(name, constraint, error);
  return new DatabaseFailedError(
    `making ${entryAt(script, Number(error.position ?? script.length))}`,
    error,
    UNCHANGED,
  );
}

/** A table as the set says it was; columns of a type that is not there are text until it is. */
async function toBe(client: pg.Client, table: SetTable): Promise<TargetTable> {
  const { schema, name } = table;
  const columns = (await sourceColumns(client, table)).map(
    ({ name: column, type }): TargetColumn => ({ name: column, type, generated: false, deterministic: true }),
  );
  const into = qualify(schema, name);
  return {
    schema,
    name,
    oid: 0,
    from: into,
    into,
    columns,
    key: undefined,
    lacks: [],
    filtered: false,
    wakeful: [],
  };
}

/** @param staged the columns of the stage */
async function fillMade(client: pg.Client, unit: Unit, staged: readonly TargetColumn[]): Promise<void> {
  const { stage, target, columns } = unit;
  const made = new Map(target.columns.map(({ name, type }) => [name, type]));
  for (const { name, type } of staged) {
    const now = made.get(name);
    if (now === undefined || now === type || type !== AS_TEXT) continue;
    const column = pg.escapeIdentifier(name);
    await client.query(
      `ALTER TABLE ${stage.relation} ALTER COLUMN ${column} TYPE ${now} USING ${column}::${now}`,
    );
  }
  const names = list(columns.common);
  await client.query(
    `INSERT INTO ${target.into} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM ${stage.relation}`,
  );
}
