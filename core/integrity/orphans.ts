import { qualified } from '../table-entry.ts';
import type { PlannedRule } from './findings.ts';
import { type KnownTable, type KnownTables, missingTable } from './known-tables.ts';
import type { ConfiguredRule } from './rules.ts';
import { countAndSample, displayName, quoteIdentifier, quoteName } from './session.ts';

type OrphansRule = Extract<ConfiguredRule, { orphans: string }>;

/** A column and the table whose primary key it holds. */
interface Link {
  readonly column: string;
  readonly parent: KnownTable;
  /** The one column of the parent's primary key. */
  readonly key: string;
}

/** Rows whose parent, or whose parent's parent, is gone, along the columns and tables that this database has. */
export function orphansOf(rule: OrphansRule, known: KnownTables): Pick<PlannedRule, 'tables' | 'todo'> {
  const table = known.get(qualified(rule.orphans));
  if (table === undefined) return missingTable(rule.orphans);
  const family = new Family(rule, known);
  const links = family.linksOf(table);
  const tables = [displayName(table.schema, table.name)];
  if (links.length === 0)
    return {
      tables,
      todo: {
        notApplicable: `${tables[0]} has none of the columns it is looked at by, or their tables are missing`,
      },
    };
  const broken = family.broken('c', links, [table]);
  const shown = [...new Set([...table.primaryKey, ...links.map(({ column }) => column)])];
  return {
    tables: [...new Set([...tables, ...family.visited.map(({ schema, name }) => displayName(schema, name))])],
    todo: { run: countAndSample(shown, `${quoteName(table)} AS c WHERE ${broken}`) },
  };
}

class Family {
  readonly #links: readonly (Link & { readonly child: string })[];
  /** Parents that the condition looks at. */
  readonly visited: KnownTable[] = [];

  constructor({ along }: OrphansRule, known: KnownTables) {
    this.#links = Object.entries(along).flatMap(([entry, parentEntry]) => {
      const dot = entry.lastIndexOf('.');
      const child = qualified(entry.slice(0, dot));
      const column = entry.slice(dot + 1);
      const parent = known.get(qualified(parentEntry));
      const [key, ...more] = parent?.primaryKey ?? [];
      const there = known.get(child)?.columns[column] !== undefined;
      return there && parent !== undefined && key !== undefined && more.length === 0
        ? [{ child, column, parent, key }]
        : [];
    });
  }

  linksOf({ schema, name }: KnownTable): Link[] {
    return this.#links.filter(({ child }) => child === `${schema}.${name}`);
  }

  /** A row without its parent, by any of the columns; one that names no parent has lost none. */
  broken(alias: string, links: readonly Link[], path: readonly KnownTable[]): string {
    return links
      .map((link) => `(${bound(alias, link)} AND NOT ${this.#alive(alias, link, path)})`)
      .join(' OR ');
  }

  /** There is a parent, and it has all its own. A table is not followed into itself. */
  #alive(alias: string, { column, parent, key }: Link, path: readonly KnownTable[]): string {
    this.visited.push(parent);
    const next = `p${path.length}`;
    const own = path.includes(parent) ? [] : this.linksOf(parent);
    const conditions = own.map(
      (link) => ` AND (NOT ${bound(next, link)} OR ${this.#alive(next, link, [...path, parent])})`,
    );
    return `EXISTS (SELECT FROM ${quoteName(parent)} AS ${next}
      WHERE ${next}.${quoteIdentifier(key)} = ${alias}.${quoteIdentifier(column)}${conditions.join('')})`;
  }
}

function bound(alias: string, { column }: Link): string {
  return `${alias}.${quoteIdentifier(column)} IS DISTINCT FROM NULL`;
}
