import { describe, expect, it } from 'vitest';
import type { Manifest, TableEntry } from '../../core/manifest.ts';
import {
  copiedFrom,
  entryToReuse,
  isHashedWhole,
  isSameContent,
  readAndCopied,
  slicesOf,
  whyUnusable,
} from '../../core/reuse.ts';
import { sliceKey } from '../../core/set-id.ts';
import { makeManifest } from '../support/manifests.ts';

const SLOT = '20261123T170000Z';
const AT = new Date('2026-11-23T17:15:00Z');

const TABLE: TableEntry = {
  schema: 'public',
  name: 'users',
  level: 'critical',
  rows: '5',
  checksum: '17',
  looseColumns: [],
  looseChecksum: null,
  columns: ['id', 'name'],
  columnTypes: ['integer', 'text'],
  primaryKey: ['id'],
  partitionOf: null,
  storedIn: 'slices',
  condition: '',
  wandersWithin: null,
};

function setOf(...tables: TableEntry[]): Manifest {
  const empty = makeManifest('critical', SLOT);
  const objects = tables
    .filter(({ storedIn }) => storedIn === 'slices')
    .map(({ schema, name }) => ({
      key: sliceKey(schema, name, 1),
      role: 'slice' as const,
      plain: { bytes: 100, sha256: 'a'.repeat(64) },
      stored: { bytes: 10, sha256: 'b'.repeat(64) },
      slice: { schema, table: name, index: 1, of: 1 },
    }));
  return { ...empty, tables, objects: [...empty.objects, ...objects] };
}

const entryOf = (base: TableEntry, now: Partial<TableEntry> = {}, at = AT) =>
  entryToReuse(setOf(base), { ...TABLE, ...now }, at, 24);

describe('what another set has in common with the new one', () => {
  const base = setOf();
  const later = { ...base, snapshot: { ...base.snapshot, time: AT.toISOString() } };

  it('is all that counts', () => {
    expect(whyUnusable(base, later)).toBeUndefined();
    expect(whyUnusable(base, base)).toBeUndefined();
    const reordered = {
      ...later,
      encryption: { ...later.encryption, recipients: ['B', 'A'], keyIds: ['2', '1'] },
    };
    const same = { ...base, encryption: { ...base.encryption, recipients: ['A', 'B'], keyIds: ['1', '2'] } };
    expect(whyUnusable(same, reordered)).toBeUndefined();
    const minor = {
      ...later,
      source: { ...later.source, serverVersion: '15.9', serverVersionNum: 150009, sizeBytes: 9 },
    };
    expect(whyUnusable(base, minor)).toBeUndefined();
  });

  it.each([
    ['hashed', { checksums: 'counts' as const }],
    ['yet to come', { snapshot: { time: '2026-11-23T16:59:59Z', lsn: null } }],
    ['kind', { kind: 'important' as const }],
    ['product', { productVersion: '0.2.0' }],
    ['database', { source: { ...base.source, database: 'other' } }],
    ['server', { source: { ...base.source, serverVersionNum: 170000 } }],
    ['encoding', { source: { ...base.source, encoding: 'LATIN1' } }],
    ['encoding', { source: { ...base.source, collate: 'ko_KR.UTF-8' } }],
    ['encoding', { source: { ...base.source, ctype: 'ko_KR.UTF-8' } }],
    ['recipient', { encryption: { ...base.encryption, recipients: ['E'.repeat(40)] } }],
    ['recipient', { encryption: { ...base.encryption, keyIds: ['FEDCBA9876543210'] } }],
    ['compression', { compression: { format: 'zstd' as const, level: 19 } }],
  ])('is missed where another is the %s', (what, change) => {
    expect(whyUnusable(base, { ...later, ...change })).toContain(what);
  });
});

describe('a table', () => {
  it('that looks as it did can be taken over', () => {
    expect(entryOf(TABLE)).toEqual(TABLE);
    // a level is what the configuration says of it, not what it is
    expect(entryOf({ ...TABLE, level: 'normal' })).toBeDefined();
  });

  it.each([
    ['columns', { columns: ['name', 'id'] }],
    ['columns', { columns: ['id'] }],
    ['types', { columnTypes: ['bigint', 'text'] }],
    ['key', { primaryKey: [] }],
    ['loose columns', { looseColumns: ['shout'] }],
    ['root', { partitionOf: { schema: 'public', name: 'people' } }],
    ['condition', { condition: 'WHERE true' }],
    ['tree', { wandersWithin: 'public.people' }],
    ['name', { name: 'user' }],
    ['schema', { schema: 'private' }],
  ])('of other %s cannot', (_, now) => {
    expect(entryOf(TABLE, now)).toBeUndefined();
  });

  it('that was in the rest, or was not hashed, cannot', () => {
    expect(entryOf({ ...TABLE, storedIn: 'rest' })).toBeUndefined();
    expect(entryOf({ ...TABLE, checksum: null })).toBeUndefined();
  });

  it('of which COPY carries a column that the hash leaves out cannot', () => {
    const named = { ...TABLE, looseColumns: ['name'], looseChecksum: '3' };
    expect(entryToReuse(setOf(named), named, AT, 24)).toBeUndefined();
    expect(isHashedWhole({ columns: ['id', 'name'], looseColumns: ['name'] })).toBe(false);
    expect(isHashedWhole({ columns: ['id', 'name'], looseColumns: ['generated'] })).toBe(true);
    expect(isHashedWhole({ columns: [], looseColumns: [] })).toBe(false);
  });

  it('is read anew when its rows were read so long ago, by whichever set', () => {
    const hoursLater = (hours: number) => new Date(Date.parse('2026-11-23T17:00:00Z') + hours * 3_600_000);
    expect(entryOf(TABLE, {}, hoursLater(23.99))).toBeDefined();
    expect(entryOf(TABLE, {}, hoursLater(24))).toBeUndefined();
    const copied = {
      ...TABLE,
      copied: { from: 'critical-20261123T164500Z', readAt: '2026-11-22T18:00:00Z' },
    };
    expect(entryOf(copied, {}, hoursLater(0.9))).toBeDefined();
    expect(entryOf(copied, {}, hoursLater(1))).toBeUndefined();
    // of a clock that was set back
    expect(entryOf(TABLE, {}, hoursLater(-1))).toBeUndefined();
  });
});

describe('rows', () => {
  const now = { rows: 5n, checksum: 17n, loose: null };

  it('are the same by number and hash', () => {
    expect(isSameContent(TABLE, now)).toBe(true);
    expect(isSameContent(TABLE, { ...now, rows: 6n })).toBe(false);
    expect(isSameContent(TABLE, { ...now, checksum: 18n })).toBe(false);
    expect(isSameContent(TABLE, { ...now, checksum: null })).toBe(false);
    expect(isSameContent({ ...TABLE, checksum: null }, { ...now, checksum: null })).toBe(false);
  });

  it('with generated columns are so by the hash of those, too', () => {
    const entry = { ...TABLE, looseColumns: ['shout'], looseChecksum: '3' };
    expect(isSameContent(entry, { ...now, loose: 3n })).toBe(true);
    expect(isSameContent(entry, { ...now, loose: 4n })).toBe(false);
    expect(isSameContent({ ...entry, looseChecksum: null }, now)).toBe(false);
  });
});

describe('what is said of a copy', () => {
  it('is the set it comes from, and when its rows were read', () => {
    const base = setOf(TABLE);
    expect(copiedFrom(base, TABLE)).toEqual({ from: base.id, readAt: base.snapshot.time });
    const copied = { from: 'critical-20261123T164500Z', readAt: '2026-11-22T18:00:00Z' };
    expect(copiedFrom(base, { ...TABLE, copied })).toEqual({ from: base.id, readAt: copied.readAt });
  });

  it('adds up to what was read and what was not', () => {
    const copied = { from: 'critical-20261123T164500Z', readAt: '2026-11-23T16:45:00Z' };
    const tables = [
      TABLE,
      { ...TABLE, name: 'projects', copied },
      { ...TABLE, name: 'tiny', storedIn: 'rest' as const },
    ];
    // structure and rest are of one byte each; roles and instructions are written here
    expect(readAndCopied(setOf(...tables))).toEqual({
      tablesRead: 2,
      tablesCopied: 1,
      readBytes: 102,
      copiedBytes: 100,
    });
  });

  it('concerns the slices of the table alone, in their order', () => {
    const base = setOf(TABLE, { ...TABLE, schema: 'other' });
    expect(slicesOf(base, TABLE).map(({ slice }) => slice)).toEqual([
      { schema: 'public', table: 'users', index: 1, of: 1 },
    ]);
  });
});
