/** Rows are wanted whose values in these columns are one of these. */
export interface RowFilter {
  /** Columns of the table the rows are of. */
  readonly columns: readonly string[];
  /** Values as COPY writes them, with a tab between those of several columns. */
  readonly keys: ReadonlySet<string>;
}

const TAB = 0x09;
const LINE_BREAK = 0x0a;

/**
 * Lets those rows of COPY text through that one of the filters wants: what nobody needs is not sent to the database. In
 * COPY text a tab or a line break is always an end.
 */
export class RowSieve {
  readonly #wanted: readonly { places: readonly number[]; keys: ReadonlySet<string> }[];
  /** How many columns of a row have to be looked at. */
  readonly #depth: number;
  /** Rows that have come so far, wanted or not. */
  rows = 0n;

  /** @param columns those of the text, in its order */
  constructor(columns: readonly string[], filters: readonly RowFilter[]) {
    this.#wanted = filters.map((filter) => ({
      places: filter.columns.map((name) => columns.indexOf(name)),
      keys: filter.keys,
    }));
    this.#depth = 1 + Math.max(...this.#wanted.flatMap(({ places }) => [...places]));
  }

  async *through(text: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let held: Buffer = Buffer.alloc(0);
    for await (const chunk of text) {
      const all = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const passed: Buffer[] = [];
      let start = 0;
      for (let end = all.indexOf(LINE_BREAK); end >= 0; end = all.indexOf(LINE_BREAK, start)) {
        if (this.#wants(all, start, end)) passed.push(all.subarray(start, end + 1));
        this.rows += 1n;
        start = end + 1;
      }
      held = all.subarray(start);
      if (passed.length > 0) yield Buffer.concat(passed);
    }
  }

  #wants(text: Buffer, start: number, end: number): boolean {
    const values: string[] = [];
    for (let from = start; values.length < this.#depth && from <= end; ) {
      const tab = text.indexOf(TAB, from);
      const to = tab < 0 || tab > end ? end : tab;
      values.push(text.toString('utf8', from, to));
      from = to + 1;
    }
    return this.#wanted.some(({ places, keys }) => keys.has(places.map((place) => values[place]).join('\t')));
  }
}
