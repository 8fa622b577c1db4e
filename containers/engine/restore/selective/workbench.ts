import { UnsuitableTargetError } from '../../../../core/errors/index.ts';
import type { RestoreRequest } from '../../../../core/restore-request.ts';
import { keyOf, nameOf, type TableName } from '../../../../core/table-names.ts';
import { matchColumns } from './column-match.ts';
import type { SelectiveRun } from './context.ts';
import { Recreation } from './recreate.ts';
import { refuseUnfit } from './refuse.ts';
import type { RowFilter } from './row-filter.ts';
import { type SetTable, tablesOf } from './set-tables.ts';
import { AS_TEXT } from './source-types.ts';
import { createStage, fillStages } from './stage.ts';
import { readTargetForeignKeys, type TargetForeignKey } from './target-keys.ts';
import { readTargetTables, type TargetTable } from './target-tables.ts';
import type { Unit } from './unit.ts';

/**
 * The tables of one restore: which there are in the set and in the target, which of them are staged, and how they hang
 * together in the target.
 */
export class Workbench {
  readonly run: SelectiveRun;
  readonly foreignKeys: TargetForeignKey[];
  readonly #request: RestoreRequest;
  readonly #inSet: ReadonlyMap<string, SetTable>;
  readonly #units = new Map<string, Unit>();
  readonly #staged: Unit[] = [];
  #recreation: Recreation | undefined;

  private constructor(run: SelectiveRun, request: RestoreRequest, foreignKeys: TargetForeignKey[]) {
    this.run = run;
    this.#request = request;
    this.foreignKeys = foreignKeys;
    this.#inSet = new Map(tablesOf(run.manifest).map((table) => [keyOf(table), table]));
  }

  static async open(run: SelectiveRun, request: RestoreRequest): Promise<Workbench> {
    return new Workbench(run, request, await readTargetForeignKeys(run.client));
  }

  /** Tables that were read, whether rows of them are restored or not. */
  get staged(): readonly Unit[] {
    return this.#staged;
  }

  /** Tables with rows to restore, in the order in which they were staged. */
  get units(): readonly Unit[] {
    return [...this.#units.values()];
  }

  /** Of the tables the target lacks. */
  get recreation(): Recreation | undefined {
    return this.#recreation;
  }

  unitOf(table: TableName): Unit | undefined {
    return this.#units.get(keyOf(table));
  }

  inSet(table: TableName): SetTable | undefined {
    return this.#inSet.get(keyOf(table));
  }

  /** Those of these tables that the set has. @param keys as `keyOf` makes them */
  tablesInSet(keys: readonly string[]): SetTable[] {
    return keys.flatMap((key) => this.#inSet.get(key) ?? []);
  }

  /**
   * Reads tables of the set into stages, all at once, so that an archive that holds several is read once.
   * @param choosing whether rows of them will be picked; all are meant otherwise
   * @param filtersOf which rows can be picked at all, where that is known
   * @throws UnsuitableTargetError, ColumnsUnmatchedError before a row is read
   */
  async stage(
    tables: readonly SetTable[],
    choosing: boolean,
    filtersOf: (table: SetTable) => readonly RowFilter[] | undefined = () => undefined,
  ): Promise<void> {
    const missing = tables.filter((table) => !this.#units.has(keyOf(table)));
    if (missing.length === 0) return;
    const { client } = this.run;
    const targets = await readTargetTables(client, missing);
    const dropped = missing.filter((table) => !targets.has(keyOf(table)));
    if (dropped.length > 0) {
      const { tables } = await this.#recreate(dropped, choosing);
      for (const [key, table] of tables) targets.set(key, table);
    }
    const made = missing.map((table, i) => {
      const target = targets.get(keyOf(table)) as TargetTable;
      return this.#unit(table, target, this.#staged.length + i + 1, choosing, filtersOf(table));
    });
    // where rows are chosen, only tables of which some are have to fit
    if (!choosing) refuseUnfit(made, this.#request);
    for (const unit of made) {
      const types = new Map(unit.target.columns.map(({ name, type }) => [name, type]));
      // what the target has no place for is text like any other
      const columns = unit.stage.table.columns.map((name) => ({
        name,
        type: types.get(name) ?? AS_TEXT,
      }));
      await createStage(client, unit.stage.relation, columns);
      if (unit.chosen !== undefined)
        await client.query(
          `CREATE TEMPORARY TABLE ${unit.chosen} (place pg_catalog.tid PRIMARY KEY, round pg_catalog.int4 NOT NULL)`,
        );
    }
    await fillStages(
      this.run,
      made.map(({ stage }) => stage),
    );
    for (const unit of made) this.#units.set(keyOf(unit.target), unit);
    this.#staged.push(...made);
  }

  /**
   * Ends the choosing: tables of which no row was chosen are no part of the restore.
   * @throws ColumnsUnmatchedError, NoKeyError, UnsuitableTargetError when one of the others does not fit
   */
  async settle(): Promise<void> {
    for (const [key, { chosen }] of this.#units) {
      if (chosen === undefined) continue;
      const { rowCount } = await this.run.client.query(`SELECT FROM ${chosen} LIMIT 1`);
      if (rowCount === 0) this.#units.delete(key);
    }
    refuseUnfit(this.units, this.#request);
  }

  async #recreate(dropped: readonly SetTable[], choosing: boolean): Promise<Recreation> {
    const names = dropped.map(nameOf).join(', ');
    if (choosing)
      throw new UnsuitableTargetError(
        `the target has no table ${names}; bring it back as a whole first: --mode table --tables ${names} --strategy merge`,
      );
    this.#recreation = await Recreation.prepare(this.run, dropped);
    this.foreignKeys.push(...this.#recreation.foreignKeys);
    return this.#recreation;
  }

  /** Reads again what the tables that were made are, now that they are there. */
  async readMade(): Promise<void> {
    const made = this.units.filter(({ target }) => this.#recreation?.includes(target));
    const targets = await readTargetTables(
      this.run.client,
      made.map(({ target }) => target),
    );
    for (const unit of made) {
      const key = keyOf(unit.target);
      const target = targets.get(key);
      if (target === undefined) throw new Error(`${nameOf(unit.target)} was not made`);
      this.#units.set(key, { ...unit, target, columns: matchColumns(unit.stage.table, target) });
    }
  }

  #unit(
    table: SetTable,
    target: TargetTable,
    number: number,
    choosing: boolean,
    filters: readonly RowFilter[] | undefined,
  ): Unit {
    const relation = `pg_temp.stage_${number}`;
    return {
      stage: filters === undefined ? { table, relation } : { table, relation, filters },
      target,
      columns: matchColumns(table, target),
      // a table that is made anew has what the set has and nothing else
      strategy:
        this.#request.strategy === 'replace' || this.#recreation?.includes(table) ? 'replace' : 'merge',
      chosen: choosing ? `pg_temp.chosen_${number}` : undefined,
      changes: `pg_temp.change_${number}`,
    };
  }
}
