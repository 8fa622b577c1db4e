import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CopyBlock, copyBlocks } from '../../../containers/engine/restore/selective/copy-blocks.ts';
import { dependencyOrder } from '../../../containers/engine/restore/selective/dependency-order.ts';
import { RowSieve } from '../../../containers/engine/restore/selective/row-filter.ts';

/** A text in pieces, as a stream brings it. */
async function* inPieces(text: string, sizes: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
/** A value as COPY writes it: no tab, line break or lone backslash in it. */
const field = fc.string({ unit: fc.constantFrom('a', '가', ' ', '.', '"', '\\\\', '\\n', 'b') });
const line = fc.array(field, { minLength: 2, maxLength: 4 }).map((fields) => fields.join('\t'));

describe('a script of pg_restore', () => {
  it('gives the rows of each COPY as they are, wherever the stream is cut', async () => {
    const block = fc.record({
      name: fc.constantFrom('users', '"My ""T"".x"', '"a\nb"'),
      rows: fc.array(line, { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { maxLength: 4 }),
        sizes,
        fc.boolean(),
        async (blocks, cuts, leave) => {
          const copies = blocks.map(
            ({ name, rows }) =>
              `--\n-- Data for Name\n--\n\nCOPY public.${name} (id, "b c") FROM stdin;\n${rows.map((row) => `${row}\n`).join('')}\\.\n\n\n`,
          );
          const script = `SET client_encoding = 'LATIN1';\n${copies.join('')}--\n-- complete\n--\n`;
          const found: [CopyBlock['table'], string][] = [];
          for await (const { table, columns, encoding, rows } of copyBlocks(inPieces(script, cuts))) {
            expect([columns, encoding]).toEqual([['id', 'b c'], 'LATIN1']);
            found.push([table, leave ? '' : await textOf(rows)]);
          }
          const unquoted = { users: 'users', '"My ""T"".x"': 'My "T".x', '"a\nb"': 'a\nb' } as Record<
            string,
            string
          >;
          expect(found).toEqual(
            blocks.map(({ name, rows }) => [
              { schema: 'public', name: unquoted[name] },
              leave ? '' : rows.map((row) => `${row}\n`).join(''),
            ]),
          );
        },
      ),
    );
  });

  it('that ends within rows is not whole', async () => {
    const read = async () => {
      for await (const { rows } of copyBlocks(inPieces('COPY public.t (a) FROM stdin;\n1\n2\n', [7])))
        await textOf(rows);
    };
    await expect(read()).rejects.toThrow(/it ends within rows/);
  });
});

describe('a sieve of rows', () => {
  it('lets exactly the rows through that a naive look finds, and counts all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, field, field), { maxLength: 30 }),
        sizes,
        async (rows, cuts) => {
          const [first] = rows;
          const filters = [
            { columns: ['c', 'a'], keys: new Set([`${first?.[2]}\t${first?.[0]}`]) },
            { columns: ['b'], keys: new Set(['a', '']) },
          ];
          const sieve = new RowSieve(['a', 'b', 'c'], filters);
          const text = rows.map((row) => `${row.join('\t')}\n`).join('');
          const wanted = rows.filter(
            ([a, b, c]) => (a === first?.[0] && c === first?.[2]) || b === 'a' || b === '',
          );
          expect(await textOf(sieve.through(inPieces(text, cuts)))).toBe(
            wanted.map((row) => `${row.join('\t')}\n`).join(''),
          );
          expect(sieve.rows).toBe(BigInt(rows.length));
        },
      ),
    );
  });
});

describe('the order of tables that hang on each other', () => {
  const arrows = fc.array(
    fc.tuple(fc.nat(7), fc.nat(7)).map(([parent, child]) => ({ parent: `${parent}`, child: `${child}` })),
    { maxLength: 14 },
  );

  it('has each table that can be reached once, and whatever it hangs on before it or in its ring', () => {
    fc.assert(
      fc.property(
        arrows,
        fc.uniqueArray(fc.nat(7).map(String), { minLength: 1, maxLength: 3 }),
        (all, first) => {
          const reached = (from: readonly string[]) => {
            const found = new Set(from);
            for (const table of found)
              for (const { parent, child } of all) if (parent === table) found.add(child);
            return found;
          };
          const rings = dependencyOrder(first, all);
          const members = rings.flatMap((ring) => ring.members);
          expect([...members].sort()).toEqual([...reached(first)].sort());
          const ringOf = (table: string) => rings.findIndex((ring) => ring.members.includes(table));
          for (const { parent, child } of all)
            if (members.includes(parent)) expect(ringOf(parent)).toBeLessThanOrEqual(ringOf(child));
          for (const { members: ring, circular } of rings) {
            const below = (table: string) =>
              reached(all.filter(({ parent }) => parent === table).map(({ child }) => child));
            for (const table of ring) {
              expect(ring.every((other) => other === table || below(table).has(other))).toBe(true);
              expect(below(table).has(table)).toBe(circular);
            }
          }
        },
      ),
    );
  });
});
