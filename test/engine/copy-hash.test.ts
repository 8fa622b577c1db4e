import fc from 'fast-check';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { describe, expect, it } from 'vitest';
import { type ChecksumTable, readContent } from '../../containers/engine/database/checksum.ts';
import { CopyHash, hashBytes } from '../../containers/engine/database/copy-hash.ts';
import { makeDatabase, withClient } from '../support/engine.ts';

const table: ChecksumTable = {
  schema: 'pg_temp',
  name: 'hashed',
  columns: ['b', 'a', '한글'],
  looseColumns: [],
  castColumns: [],
  condition: '',
  converted: false,
  plannable: true,
};
/** Text PostgreSQL takes: no NUL, no half of a surrogate pair; with all that COPY writes with a backslash. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0')),
  fc.string({ unit: fc.constantFrom('\t', '\n', '\r', '\b', '\f', '\v', '\\', 'N', '.', '값') }),
);
const rows = fc.array(fc.tuple(fc.option(text), fc.option(text), fc.option(text)), { maxLength: 20 });

describe.each([15, 17] as const)('the hash taken from COPY text, PostgreSQL %i', (major) => {
  it('is that of the server, for any bytes', async () => {
    const { url } = await makeDatabase(major);
    await withClient(url, (client) =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
          const { rows: answer } = await client.query(
            'SELECT hash_record_extended(ROW($1::bytea, NULL::int), 0)::text AS hash',
            [Buffer.from(bytes)],
          );
          expect(BigInt.asIntN(64, hashBytes(Buffer.from(bytes)) * 31n).toString()).toBe(answer[0].hash);
        }),
        { numRuns: 200 },
      ),
    );
  });

  it('is that of the server, for any rows, however the text is cut on its way', async () => {
    const { url } = await makeDatabase(major);
    await withClient(url, async (client) => {
      await client.query('CREATE TEMPORARY TABLE hashed (b text, a text, "한글" text)');
      const property = fc.asyncProperty(rows, fc.integer({ min: 1, max: 50 }), async (values, cut) => {
        await client.query('TRUNCATE hashed');
        for (const row of values) await client.query('INSERT INTO hashed VALUES ($1, $2, $3)', row);
        const expected = await readContent(client, table, 'full');
        expect(await readContent(client, { ...table, plannable: false }, 'full')).toEqual(expected);
        expect(await inPieces(client, cut)).toEqual(expected);
      });
      await fc.assert(property, { numRuns: 40 });
    });
  });
});

async function inPieces(client: pg.Client, size: number) {
  const chunks: Buffer[] = [];
  for await (const chunk of client.query(copyTo('COPY pg_temp.hashed TO STDOUT'))) chunks.push(chunk);
  const whole = Buffer.concat(chunks);
  async function* pieces() {
    for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
  }
  const hash = new CopyHash(table.columns, [], 'full');
  for await (const _ of hash.through(pieces()));
  return hash.result();
}
