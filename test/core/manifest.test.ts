import { describe, expect, it } from 'vitest';
import { ManifestUnreadableError } from '../../core/errors/index.ts';
import { type Manifest, parseManifest, serializeManifest } from '../../core/manifest.ts';
import { sliceKey } from '../../core/set-id.ts';
import { parseVerification, serializeVerification } from '../../core/verification.ts';
import { makeManifest, makeVerification } from '../support/manifests.ts';

const KEY = 'important/20261123T170000Z/manifest.json';
const content = { bytes: 5e15, sha256: '0123456789abcdef'.repeat(4) };
const FULL: Manifest = makeManifest('important', '20261123T170000Z', {
  limitedTo: ['public."이름"', 'a.b'],
  excludedSchemas: ['로그'],
  checksums: 'counts',
  snapshot: { time: '2026-11-23T17:00:00.123Z', lsn: null },
  objects: [
    ...makeManifest('daily', '20261123T170000Z').objects.map((object) => ({ ...object, plain: content })),
    {
      key: sliceKey('public', 'a\nb"\\', 1),
      role: 'slice',
      plain: content,
      stored: content,
      slice: { schema: 'public', table: 'a\nb"\\', index: 1, of: 1 },
    },
  ],
  tables: [
    {
      schema: 'public',
      name: 'a\nb"\\',
      level: 'critical',
      rows: '9223372036854775807',
      checksum: '-170141183460469231731687303715884105728',
      columns: ['한글', ''],
      columnTypes: ['text', 'public."mood"[]'],
      primaryKey: ['한글'],
      partitionOf: { schema: 'public', name: 'root' },
      looseColumns: ['g'],
      looseChecksum: '-1',
      storedIn: 'slices',
      condition: 'WHERE x',
      wandersWithin: 'public.root',
    },
  ],
  sequences: [{ schema: 'public', name: 's', lastValue: '-9223372036854775808', isCalled: false }],
  foreignKeys: [
    {
      name: 'fk',
      from: { schema: 'public', name: 'a' },
      columns: ['x', 'y'],
      to: { schema: 'auth', name: 'b.c' },
      toColumns: ['y', 'x'],
      onDelete: 'set null',
      matchFull: true,
    },
  ],
  largeObjects: { count: '3', checksum: null },
  materializedViews: [{ schema: 'public', name: 'm', populated: false }],
  extensions: [{ name: 'pgcrypto', version: '1.3', schema: 'extensions' }],
  roles: ['anon'],
});

/** What is said of a manifest that must not be read. */
function refusal(text: string): string {
  try {
    parseManifest(text, KEY);
  } catch (error) {
    expect(error).toBeInstanceOf(ManifestUnreadableError);
    expect((error as Error).message).toContain(KEY);
    return (error as Error).message;
  }
  throw new Error(`${text} was taken for a manifest`);
}

const changed = (change: Record<string, unknown>) =>
  JSON.stringify({ ...JSON.parse(serializeManifest(FULL)), ...change });

describe('a manifest', () => {
  it('comes back from its text as it was, numbers of any length included', () => {
    expect(parseManifest(serializeManifest(FULL), KEY)).toEqual(FULL);
  });

  it('of a newer version is refused by that name', () => {
    expect(refusal(changed({ formatVersion: 2, tablesOfTheFuture: [] }))).toContain('formatVersion');
  });

  it.each([0.1, 0.5, 0.99])('cut off after %d of its length is refused as no JSON', (share) => {
    const text = serializeManifest(FULL);
    expect(refusal(text.slice(0, text.length * share))).toContain('not JSON');
  });

  it.each(['', 'null', '[]', '"text"', '{}', '{"format":"else","formatVersion":1}'])(
    'is not what %j is, and the message says what was expected',
    (text) => {
      expect(refusal(text)).toMatch(text === '' ? /not JSON/ : /expected/);
    },
  );

  it.each([
    ['objects', { objects: [] }],
    [
      'objects.0.stored.sha256',
      { objects: [{ ...FULL.objects[0], stored: { bytes: 1, sha256: 'A'.repeat(64) } }] },
    ],
    ['tables.0.rows', { tables: [{ ...FULL.tables[0], rows: 5 }] }],
    ['snapshot.time', { snapshot: { time: '2026-11-23 17:00', lsn: null } }],
    ['encryption.recipients', { encryption: { format: 'OpenPGP', recipients: [] } }],
    ['kind', { kind: 'monthly' }],
  ])('with a wrong %s is refused by that name', (path, change) => {
    expect(refusal(changed(change))).toContain(`${path}: `);
  });

  it('that could not be read back is not written', () => {
    expect(() => serializeManifest({ ...FULL, objects: [] })).toThrow(/objects/);
  });
});

describe('a verification', () => {
  const verification = makeVerification(FULL, 'failed');

  it('comes back from its text as it was', () => {
    expect(parseVerification(serializeVerification(verification))).toEqual(verification);
  });

  it.each([
    '',
    'null',
    '{}',
    JSON.stringify({ ...verification, outcome: 'fine' }),
    JSON.stringify({ ...verification, format: 'else' }),
    serializeVerification(verification).slice(0, 40),
  ])('is nothing where its text is none: %j', (text) => {
    expect(parseVerification(text)).toBeUndefined();
  });
});
