import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { databaseUrl, engine, withClient } from '../../support/engine.ts';
import { saved } from '../../support/selective.ts';

/** A table `t0`, `t1` …; its key is one column or two, and each reference two columns beside those of the parent's key. */
interface Table {
  readonly composite: boolean;
  readonly parents: readonly number[];
  readonly rows: number;
}
/** Per table, per row, per reference: the row it refers to, or nothing. */
type References = (number | undefined)[][][];

const graph = fc
  .array(
    fc.record({
      composite: fc.boolean(),
      parents: fc.array(fc.nat(9), { maxLength: 3 }),
      rows: fc.integer({ min: 1, max: 7 }),
    }),
    {
      minLength: 2,
      maxLength: 5,
    },
  )
  .map((tables): Table[] =>
    tables.map((table) => ({ ...table, parents: table.parents.map((n) => n % tables.length) })),
  )
  .chain((tables) =>
    fc.record({
      tables: fc.constant(tables),
      references: fc.tuple(
        ...tables.map((table) =>
          fc.array(
            fc.tuple(
              ...table.parents.map((parent) =>
                fc.option(fc.nat((tables[parent]?.rows ?? 1) - 1), { nil: undefined }),
              ),
            ),
            {
              minLength: table.rows,
              maxLength: table.rows,
            },
          ),
        ),
      ) as fc.Arbitrary<References>,
    }),
  );

const keyOf = ({ composite }: Table, row: number) => (composite ? [row % 2, row] : [row]);
const columnsOf = ({ composite }: Table, prefix: string) =>
  composite ? [`${prefix}a`, `${prefix}b`] : [`${prefix}a`];

function sql({ tables, references }: { tables: readonly Table[]; references: References }): string {
  const made = tables.map((table, n) => {
    const own = columnsOf(table, 'k');
    const referring = table.parents.flatMap((parent, i) => columnsOf(tables[parent] as Table, `r${i}`));
    return `CREATE TABLE t${n} (${[...own, ...referring].map((name) => `${name} int`).join(', ')}, note text, PRIMARY KEY (${own}));`;
  });
  const linked = tables.flatMap((table, n) =>
    table.parents.map((parent, i) => {
      const columns = columnsOf(tables[parent] as Table, `r${i}`);
      return `ALTER TABLE t${n} ADD FOREIGN KEY (${columns}) REFERENCES t${parent};`;
    }),
  );
  const filled = tables.flatMap((table, n) =>
    (references[n] ?? []).map((refers, row) => {
      const values = table.parents.flatMap((parent, i) => {
        const to = refers[i];
        const key = keyOf(tables[parent] as Table, to ?? 0);
        return to === undefined ? key.map(() => 'NULL') : key.map(String);
      });
      return `INSERT INTO t${n} VALUES (${[...keyOf(table, row).map(String), ...values, `'${n}/${row}'`].join(', ')});`;
    }),
  );
  return [...made, 'SET session_replication_role = replica;', ...filled, ...linked].join('\n');
}

const name = (table: number, row: number) => `${table}/${row}`;
const parse = (text: string) => text.split('/').map(Number) as [number, number];

/** What hangs on a row, the row included, by the slowest way there is. */
function closure(tables: readonly Table[], references: References, start: string): Set<string> {
  const found = new Set([start]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    references.forEach((rows, n) => {
      rows.forEach((refers, row) => {
        if (refers.some((to, i) => to !== undefined && found.has(name(tables[n]?.parents[i] ?? -1, to))))
          found.add(name(n, row));
      });
    });
  }
  return found;
}

/** What rows refer to that is not there, and what that refers to in turn. */
function missingParents(
  tables: readonly Table[],
  references: References,
  rows: ReadonlySet<string>,
  there: ReadonlySet<string>,
): Set<string> {
  const added = new Set<string>();
  for (const text of rows) follow(text);
  function follow(text: string): void {
    const [n, row] = parse(text);
    (references[n]?.[row] ?? []).forEach((to, i) => {
      if (to === undefined) return;
      const parent = name(tables[n]?.parents[i] ?? -1, to);
      if (there.has(parent) || rows.has(parent) || added.has(parent)) return;
      added.add(parent);
      follow(parent);
    });
  }
  return added;
}

describe('rows with what hangs on them', () => {
  it('are exactly those of the set, over any foreign keys, whatever else is gone', async () => {
    const server = inject('servers')[17].url;
    await fc.assert(
      fc.asyncProperty(
        graph,
        fc.array(fc.tuple(fc.nat(), fc.array(fc.nat(), { maxLength: 6 })), { minLength: 3, maxLength: 3 }),
        async (world, scenarios) => {
          const source = await saved(17, sql(world));
          const all = world.tables.flatMap((table, n) =>
            Array.from({ length: table.rows }, (_, row) => name(n, row)),
          );
          const at = (index: number) => all[index % all.length] as string;
          for (const [index, more] of scenarios) {
            const start = at(index);
            const wanted = closure(world.tables, world.references, start);
            const gone = new Set([...wanted, ...more.map(at)]);
            const there = new Set(all.filter((row) => !gone.has(row)));
            const parents = missingParents(world.tables, world.references, wanted, there);
            const clone = `clone_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
            await withClient(server, (client) =>
              client.query(`CREATE DATABASE ${clone} TEMPLATE ${source.database.name}`),
            );
            const url = databaseUrl(server, clone);
            const deleted = [...gone]
              .map((row) => `DELETE FROM t${parse(row)[0]} WHERE note = '${row}'`)
              .join('; ');
            await withClient(url, (client) =>
              client.query(`SET session_replication_role = replica; ${deleted}`),
            );
            const [n, row] = parse(start);
            const table = world.tables[n] as Table;
            const key = keyOf(table, row).map((value, i) => `${columnsOf(table, 'k')[i]}=${value}`);
            const env = { ...source.env, TARGET_DATABASE_URL: url };
            const restore = (...args: string[]) =>
              engine(
                [
                  'restore',
                  source.id,
                  '--mode',
                  'rows',
                  '--row',
                  `t${n}:${key.join(',')}`,
                  '--with-dependents',
                  ...args,
                ],
                env,
              );
            const rows = async () => {
              const notes = await Promise.all(
                world.tables.map((_, i) =>
                  withClient(url, (client) => client.query(`SELECT note FROM t${i}`)),
                ),
              );
              return new Set(notes.flatMap((result) => result.rows.map((found) => found.note as string)));
            };
            const alone = await restore();
            expect(alone.exitCode, alone.stdout + alone.stderr).toBe(parents.size === 0 ? 0 : 1);
            expect(await rows()).toEqual(parents.size === 0 ? new Set([...there, ...wanted]) : there);
            const whole = await restore('--with-parents');
            expect(whole.exitCode, whole.stdout + whole.stderr).toBe(0);
            expect(await rows()).toEqual(new Set([...there, ...wanted, ...parents]));
          }
        },
      ),
      { numRuns: 3, endOnFailure: true },
    );
  });
});
