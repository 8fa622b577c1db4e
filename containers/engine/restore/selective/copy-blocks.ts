import { StreamBrokenError } from '../../../../core/errors/index.ts';
import type { TableName } from '../../../../core/table-names.ts';

/** The rows of one `COPY … FROM stdin` of a script. */
export interface CopyBlock {
  readonly table: TableName;
  readonly columns: readonly string[];
  /** What the script says its text is in. */
  readonly encoding: string;
  /** COPY text, without the line that ends it. To be read to its end before the next block is asked for. */
  readonly rows: AsyncIterable<Buffer>;
}

const NAME = String.raw`("(?:[^"]|"")+"|[^\s".,()]+)`;
const COPY = new RegExp(String.raw`^COPY ${NAME}\.${NAME} \(([\s\S]*)\) FROM stdin;$`, 'u');
const COLUMN = new RegExp(NAME, 'gu');
const END_OF_ROWS = Buffer.from('\n\\.\n');
const LINE_BREAK = 0x0a;

/**
 * The COPY blocks of a script as pg_restore writes it. Rows are handed on as they lie in the stream; in COPY text a line
 * of a backslash and a dot is never a row.
 * @throws StreamBrokenError when the script ends in the middle of rows
 */
export async function* copyBlocks(script: AsyncIterable<Buffer>): AsyncGenerator<CopyBlock> {
  const input = new Input(script);
  let encoding = 'UTF8';
  let statement = '';
  for (;;) {
    const line = await input.line();
    if (line === undefined) return;
    encoding = /^SET client_encoding = '(\w+)';$/.exec(line)?.[1] ?? encoding;
    // a name may hold a line break, so a statement may be more than one line
    statement = statement === '' ? line : `${statement}\n${line}`;
    if (!statement.startsWith('COPY ') || !statement.endsWith(' FROM stdin;')) {
      if (!statement.startsWith('COPY ')) statement = '';
      continue;
    }
    const [, schema = '', name = '', columns = ''] = COPY.exec(statement) ?? [];
    statement = '';
    const rows = input.rows();
    yield {
      table: { schema: unquoted(schema), name: unquoted(name) },
      columns: Array.from(columns.matchAll(COLUMN), ([text]) => unquoted(text)),
      encoding,
      rows,
    };
    // whoever did not want these rows has left them
    for await (const _ of rows);
  }
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** A stream read by lines outside of rows, and by whatever comes inside of them. */
class Input {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
    return true;
  }

  /** The next line without its end; nothing at the end of the stream. */
  async line(): Promise<string | undefined> {
    let from = 0;
    for (;;) {
      const end = this.#held.indexOf(LINE_BREAK, from);
      if (end >= 0) {
        const line = this.#held.subarray(0, end).toString('utf8');
        this.#held = this.#held.subarray(end + 1);
        return line;
      }
      from = this.#held.length;
      if (!(await this.#more())) return undefined;
    }
  }

  async *rows(): AsyncGenerator<Buffer> {
    // the end may come at once, and then no line break of a row is before it
    while (this.#held.length < END_OF_ROWS.length - 1 && (await this.#more()));
    if (this.#held.indexOf(END_OF_ROWS.subarray(1)) === 0) {
      this.#held = this.#held.subarray(END_OF_ROWS.length - 1);
      return;
    }
    for (;;) {
      const end = this.#held.indexOf(END_OF_ROWS);
      if (end >= 0) {
        const last = this.#held.subarray(0, end + 1);
        this.#held = this.#held.subarray(end + END_OF_ROWS.length);
        yield last;
        return;
      }
      // the end may lie across two chunks
      const sure = Math.max(0, this.#held.length - (END_OF_ROWS.length - 1));
      if (sure > 0) {
        const rows = this.#held.subarray(0, sure);
        this.#held = this.#held.subarray(sure);
        yield rows;
      }
      if (!(await this.#more()))
        throw new StreamBrokenError('the rest archive', new Error('it ends within rows'));
    }
  }
}
