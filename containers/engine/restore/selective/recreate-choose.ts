import { UnsuitableSetError, UnsuitableTargetError } from '../../../../core/errors/index.ts';
import { nameOf, type TableName } from '../../../../core/table-names.ts';
import { type Entry, inOneLine, isRemark, shown } from './recreate-entries.ts';
import type { Present } from './recreate-present.ts';

/** What of a set's structure is made anew for tables that were dropped. */
export interface Choice {
  /** In the order of the archive. */
  readonly entries: readonly Entry[];
  /** Of those, what the tables need and the target lacks: types, functions, sequences, schemas. */
  readonly needed: readonly Entry[];
  /** Of those, what other tables lost with them: foreign keys, policies, rules. */
  readonly ofOthers: readonly Entry[];
  /** Of those, what makes a table a partition of one that is there: to be done when it has its indexes. */
  readonly joining: readonly Entry[];
  /** What is not there any more and does not come back, one sentence each. */
  readonly lost: readonly string[];
}

/** Hang on a table, and go with it. Those of the second list may hang on another one and only speak of this. */
const PARTS = ['SEQUENCE', 'INDEX', 'INDEX ATTACH', 'TABLE ATTACH', 'STATISTICS', 'ROW SECURITY'];
const HOSTED = ['DEFAULT', 'CONSTRAINT', 'CHECK CONSTRAINT', 'FK CONSTRAINT', 'TRIGGER', 'RULE', 'POLICY'];
/** What a table may need and can be made anew for it. */
const NEEDED = ['SCHEMA', 'TYPE', 'SHELL TYPE', 'DOMAIN', 'SEQUENCE', 'FUNCTION', 'PROCEDURE'];
/** Use tables, and go when those are dropped with CASCADE. */
const USERS = ['TABLE', 'VIEW', 'MATERIALIZED VIEW', 'FUNCTION', 'PROCEDURE', 'AGGREGATE', 'FOREIGN TABLE'];

/**
 * Finds what belongs to tables that the target lacks, what they need, and what else went with them.
 * @throws UnsuitableTargetError when they need what cannot be made for them
 * @throws UnsuitableSetError when the set's structure does not have them
 */
export function chooseEntries(
  entries: readonly Entry[],
  tables: readonly TableName[],
  present: Present,
): Choice {
  return new Chooser(entries, present).choose(tables);
}

class Chooser {
  readonly #entries: readonly Entry[];
  readonly #byId: ReadonlyMap<string, Entry>;
  readonly #present: Present;
  readonly #chosen = new Set<Entry>();
  readonly #needed = new Set<Entry>();
  readonly #ofOthers = new Set<Entry>();
  /** Trees, or branches, that are there and that tables to make are partitions of. */
  readonly #joined = new Set<Entry>();
  readonly #lost: string[] = [];

  constructor(entries: readonly Entry[], present: Present) {
    this.#entries = entries;
    this.#byId = new Map(entries.map((entry) => [entry.id, entry]));
    this.#present = present;
  }

  choose(tables: readonly TableName[]): Choice {
    for (const table of tables) this.#chosen.add(this.#tableEntry(table));
    this.#addPartitions();
    for (const entry of [...this.#chosen]) this.#addBetween(entry, entry);
    for (const entry of this.#chosen) this.#followUp(entry);
    this.#addParts();
    for (const entry of [...this.#chosen]) this.#addNeeds(entry);
    for (const entry of this.#entries) if (this.#isOfAnother(entry)) this.#addOfAnother(entry);
    this.#refuseTaken();
    this.#addRemarks();
    this.#addPublications();
    this.#nameLost();
    const taken = (from: ReadonlySet<Entry>) => this.#entries.filter((entry) => from.has(entry));
    return {
      entries: taken(this.#chosen),
      needed: taken(this.#needed),
      ofOthers: taken(this.#ofOthers),
      joining: taken(this.#chosen).filter((entry) => this.#isJoining(entry)),
      lost: this.#lost,
    };
  }

  #tableEntry(table: TableName): Entry {
    const found = this.#entries.filter(
      ({ kind, schema, tag }) =>
        kind === 'TABLE' && schema === inOneLine(table.schema) && tag === inOneLine(table.name),
    );
    const [only, ...others] = found;
    if (only === undefined || others.length > 0)
      throw new UnsuitableSetError(
        `the target has no table ${nameOf(table)}, and how it is made is not told by the set's structure` +
          `${only === undefined ? ', for it comes with an extension' : ' for sure'}; make it, then restore its rows`,
      );
    return only;
  }

  /** Leaves of trees that were dropped, at any depth. */
  #addPartitions(): void {
    const attached = this.#entries.filter(({ kind }) => kind === 'TABLE ATTACH');
    for (let before = -1; before !== this.#chosen.size; ) {
      before = this.#chosen.size;
      for (const entry of attached) {
        const { leaf, root } = this.#halves(entry);
        if (!this.#chosen.has(root) || this.#chosen.has(leaf)) continue;
        if (this.#present.has(leaf))
          throw refused(
            root,
            `had ${shown(leaf)} as a partition, which is there by itself: rename or drop it`,
          );
        if (leaf.kind !== 'TABLE')
          throw refused(root, `has ${shown(leaf)} as a partition: make them by hand`);
        this.#chosen.add(leaf);
      }
    }
  }

  /** What lies between a partition and the tree it belongs to, where that went too; the tree itself has to be there. */
  #addBetween(leaf: Entry, below: Entry): void {
    const attach = this.#attachOf(below);
    if (attach === undefined) {
      if (below === leaf || this.#chosen.has(below)) return;
      throw refused(leaf, `is a partition of ${shown(below)}, which is not there either: name that one`);
    }
    const { root } = this.#halves(attach);
    if (!this.#chosen.has(root) && !this.#present.has(root)) this.#addBetween(leaf, root);
    else return;
    this.#chosen.add(root);
  }

  #isJoining(entry: Entry): boolean {
    return (
      ['TABLE ATTACH', 'INDEX ATTACH'].includes(entry.kind) &&
      this.#needsOf(entry).some((need) => need.kind === 'TABLE' && !this.#chosen.has(need))
    );
  }

  #followUp(below: Entry): void {
    const attach = this.#attachOf(below);
    if (attach === undefined) return;
    const { root } = this.#halves(attach);
    if (!this.#chosen.has(root)) this.#joined.add(root);
    this.#followUp(root);
  }

  #attachOf(leaf: Entry): Entry | undefined {
    return this.#entries.find(
      ({ kind, schema, tag }) => kind === 'TABLE ATTACH' && schema === leaf.schema && tag === leaf.tag,
    );
  }

  #halves(attach: Entry): { leaf: Entry; root: Entry } {
    const tables = this.#needsOf(attach).filter(({ kind }) => ['TABLE', 'FOREIGN TABLE'].includes(kind));
    const leaf = tables.find(({ schema, tag }) => schema === attach.schema && tag === attach.tag);
    const root = tables.find((table) => table !== leaf);
    if (leaf === undefined || root === undefined)
      throw new UnsuitableSetError(
        `the set's structure does not tell what ${shown(attach)} is a partition of`,
      );
    return { leaf, root };
  }

  #needsOf(entry: Entry): Entry[] {
    return entry.needs.flatMap((id) => this.#byId.get(id) ?? []);
  }

  #addParts(): void {
    for (const entry of this.#entries) {
      const onChosen = this.#needsOf(entry).some((need) => this.#chosen.has(need));
      if (!onChosen) continue;
      if (HOSTED.includes(entry.kind) && this.#isChosen(this.#hostOf(entry))) this.#chosen.add(entry);
      else if (PARTS.includes(entry.kind)) this.#chosen.add(entry);
    }
  }

  #isChosen(entry: Entry | undefined): boolean {
    return entry !== undefined && this.#chosen.has(entry);
  }

  /** The table that a constraint, trigger or policy is one of: its name comes first in the tag. */
  #hostOf(entry: Entry): Entry | undefined {
    return this.#needsOf(entry)
      .filter(({ schema, tag }) => schema === entry.schema && entry.tag.startsWith(`${tag} `))
      .sort((a, b) => b.tag.length - a.tag.length)[0];
  }

  #addNeeds(entry: Entry): void {
    const lacking = this.#lackingNeeds(entry);
    // before their indexes and constraints
    const table = lacking.find(({ kind }) => kind === 'TABLE');
    for (const need of table === undefined ? lacking : [table]) {
      if (!NEEDED.includes(need.kind)) throw refused(entry, unmade(need));
      this.#chosen.add(need);
      this.#needed.add(need);
      this.#addNeeds(need);
    }
  }

  #lackingNeeds(entry: Entry): Entry[] {
    const schema = this.#entries.find(({ kind, tag }) => kind === 'SCHEMA' && tag === entry.schema);
    return [...(schema === undefined ? [] : [schema]), ...this.#needsOf(entry)].filter(
      (need) => !this.#chosen.has(need) && !isRemark(need) && !this.#present.has(need),
    );
  }

  /** A foreign key, policy or rule of a table that is there, which speaks of one that was dropped. */
  #isOfAnother(entry: Entry): boolean {
    if (!HOSTED.includes(entry.kind) || this.#chosen.has(entry) || this.#present.has(entry)) return false;
    const host = this.#hostOf(entry);
    // who refers to a tree cannot go on doing so when a part of it goes
    const lostBy = (need: Entry) =>
      this.#chosen.has(need) || (entry.kind === 'FK CONSTRAINT' && need !== host && this.#joined.has(need));
    return host !== undefined && this.#present.has(host) && this.#needsOf(entry).some(lostBy);
  }

  #addOfAnother(entry: Entry): void {
    const lacking = this.#lackingNeeds(entry);
    if (lacking.length > 0) {
      this.#lost.push(
        `${shown(entry)} went with it and is not made again, for it needs ${lacking.map(shown).join(', ')}`,
      );
      return;
    }
    this.#chosen.add(entry);
    this.#ofOthers.add(entry);
  }

  /** A sequence of that name, left out, would leave its column without one. */
  #refuseTaken(): void {
    for (const entry of this.#chosen)
      if (['TABLE', 'SEQUENCE', 'INDEX', 'STATISTICS'].includes(entry.kind) && this.#present.has(entry))
        throw refused(entry, 'would take the name of something that is there: rename or drop that');
  }

  #addRemarks(): void {
    // a grant on a column needs the one on its table, which comes before it
    for (const entry of this.#entries) {
      const goesWith = isRemark(entry) || entry.kind === 'SEQUENCE OWNED BY';
      const about = this.#needsOf(entry);
      if (goesWith && about.length > 0 && about.every((need) => this.#chosen.has(need)))
        this.#chosen.add(entry);
    }
  }

  #addPublications(): void {
    for (const entry of this.#entries) {
      if (entry.kind !== 'PUBLICATION TABLE') continue;
      const needs = this.#needsOf(entry);
      if (!needs.some((need) => need.kind === 'TABLE' && this.#chosen.has(need))) continue;
      const gone = needs.find((need) => !this.#chosen.has(need) && !this.#present.has(need));
      if (gone === undefined) this.#chosen.add(entry);
      else this.#lost.push(`${shown(gone)}, which it was part of, is not there any more`);
    }
  }

  /** Views and the like are named, not made: what they were since is for whoever made them to say. */
  #nameLost(): void {
    const gone = new Set<Entry>(this.#chosen);
    for (const entry of this.#entries) {
      if (gone.has(entry) || !USERS.includes(entry.kind) || this.#present.has(entry)) continue;
      if (!this.#needsOf(entry).some((need) => gone.has(need) && !this.#needed.has(need))) continue;
      gone.add(entry);
      this.#lost.push(`${shown(entry)} depended on it and is not there any more`);
    }
  }
}

function refused(entry: Entry, why: string): UnsuitableTargetError {
  return new UnsuitableTargetError(`${shown(entry)} cannot be made again: it ${why}; nothing was done`);
}

function unmade(need: Entry): string {
  return need.kind === 'TABLE'
    ? `needs ${shown(need)}, which the target lacks too: name both`
    : `needs ${shown(need)}, which the target lacks: make that first`;
}
