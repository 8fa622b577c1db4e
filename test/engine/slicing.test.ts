import { describe, expect, it } from 'vitest';
import type { BackupRun } from '../../containers/engine/backup/context.ts';
import { slicesByTable } from '../../containers/engine/backup/slicing.ts';
import type { SourceTable } from '../../containers/engine/database/inventory.ts';
import { parseConfig } from '../../core/config.ts';
import type { Kind } from '../../core/kinds.ts';

const KIB = 1024;

function table(name: string, changes: Partial<SourceTable> = {}): SourceTable {
  return {
    oid: 1,
    schema: 'public',
    name,
    heapPages: 32,
    totalBytes: 256 * KIB,
    columns: ['id'],
    columnTypes: ['integer'],
    primaryKey: [],
    looseColumns: [],
    castColumns: [],
    condition: '',
    ofExtension: false,
    partitionOf: null,
    wandersWithin: null,
    converted: false,
    plannable: true,
    absent: false,
    readable: true,
    filtered: false,
    sliceable: true,
    divisible: true,
    ...changes,
  };
}

function slicedIn(kind: Kind, tables: SourceTable[], backup: object = {}, workers = 2): string[] {
  const run = {
    id: { kind, slot: new Date(0) },
    config: parseConfig({ backup }, 'a test'),
    workers,
    scope: { managed: [], excluded: [] },
  } as unknown as BackupRun;
  return [...slicesByTable(run, tables).keys()].map(({ name }) => name);
}

describe('slices for tables that a later set may take over', () => {
  const tables = [
    table('large'),
    table('just', { totalBytes: 128 * KIB }),
    table('small', { totalBytes: 128 * KIB - 1 }),
    table('of_extension', { sliceable: false }),
    table('with_function', { plannable: false, divisible: false }),
    table('names_objects', { columns: ['id', 'of'], looseColumns: ['of'] }),
    table('generates', { looseColumns: ['shout'] }),
  ];

  it.each(['critical', 'important'] as const)(
    'are made in %s sets, where the server can say that rows are the same',
    (kind) => {
      expect(slicedIn(kind, tables)).toEqual(['large', 'just', 'generates']);
      expect(slicedIn(kind, tables, { reuse: { minTableKiB: 256 } })).toEqual(['large', 'generates']);
      expect(slicedIn(kind, tables, { reuse: { enabled: false } })).toEqual([]);
      expect(slicedIn(kind, tables, { checksums: 'counts' })).toEqual([]);
    },
  );

  it.each(['daily', 'weekly', 'prerestore'] as const)('are made in no %s set', (kind) => {
    expect(slicedIn(kind, tables)).toEqual([]);
  });

  it('are made of the largest, no more than the server has locks for', () => {
    const many = Array.from({ length: 1500 }, (_, i) => table(`t${i}`, { totalBytes: (200 + i) * KIB }));
    expect(slicedIn('critical', many, {}, 2)).toHaveLength(1000);
    const few = slicedIn('critical', many, {}, 64);
    expect(few).toHaveLength(31);
    expect(few).toContain('t1499');
    expect(few).not.toContain('t1468');
  });
});
