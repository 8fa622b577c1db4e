import { describe, expect, it } from 'vitest';
import { RestoreInputInvalid, RestoreRefused } from '../../core/errors/index.ts';
import type { Manifest } from '../../core/manifest.ts';
import { parseRestoreInput } from '../../core/restore-input.ts';
import { findRestoreSet, tablesOf } from '../../core/restore-set.ts';
import { planRestore } from '../../core/restore-steps.ts';
import { MemoryStore, makeManifest } from '../support/manifests.ts';

function request(input: Record<string, unknown>) {
  const parsed = parseRestoreInput(input);
  if (parsed.kind !== 'restore') throw new Error('no restore');
  return parsed.request;
}
const table = (name: string, root?: string): Manifest['tables'][number] => ({
  ...{
    schema: 'public',
    name,
    level: 'normal',
    rows: '1',
    checksum: null,
    looseColumns: [],
    looseChecksum: null,
  },
  ...{
    columns: ['id'],
    columnTypes: ['bigint'],
    primaryKey: ['id'],
    storedIn: 'rest',
    condition: '',
    wandersWithin: null,
  },
  partitionOf: root === undefined ? null : { schema: 'public', name: root },
});
const find = (store: MemoryStore, input: Record<string, unknown>) => findRestoreSet(store, request(input));
const tables = [table('projects'), table('events_1', 'events'), table('a.b')];

const DAILY = makeManifest('daily', '20261123T170000Z', { tables });
const NEWER = makeManifest('daily', '20261124T170000Z', { tables });
const CRITICAL = makeManifest('critical', '20261124T180000Z', { tables: [table('projects')] });

describe('the set a restore means', () => {
  it('is the newest verified whole one, whatever newer and unverified ones there are', async () => {
    const store = new MemoryStore().putSet(DAILY, 'verified').putSet(NEWER).putSet(CRITICAL, 'verified');
    expect(await find(store, { mode: 'full' })).toMatchObject({ id: DAILY.id, state: 'verified' });
  });

  it('is, for tables, the newest that holds them, of whatever kind', async () => {
    const store = new MemoryStore().putSet(DAILY, 'verified').putSet(CRITICAL, 'verified');
    const at = '2026-11-24T19:00:00Z';
    expect((await find(store, { mode: 'table', tables: ['projects'], at })).id).toBe(CRITICAL.id);
    expect((await find(store, { mode: 'rows', rows: ['projects:id=7'] })).id).toBe(CRITICAL.id);
    expect((await find(store, { mode: 'table', tables: ['events'], at })).id).toBe(DAILY.id);
  });

  it('holds, with dependents, what may hang on the rows', async () => {
    const foreignKeys: Manifest['foreignKeys'] = [
      {
        ...{
          name: 'fk',
          columns: ['project_id'],
          toColumns: ['id'],
          onDelete: 'no action',
          matchFull: false,
        },
        from: { schema: 'public', name: 'events' },
        to: { schema: 'public', name: 'projects' },
      },
    ];
    const store = new MemoryStore()
      .putSet({ ...DAILY, foreignKeys }, 'verified')
      .putSet({ ...CRITICAL, foreignKeys }, 'verified');
    const rows = { mode: 'rows', rows: ['projects:id=7'] };
    expect((await find(store, rows)).id).toBe(CRITICAL.id);
    expect((await find(store, { ...rows, withDependents: true })).id).toBe(DAILY.id);
  });

  it('may be unverified where nothing else is there', async () => {
    expect(await find(new MemoryStore().putSet(DAILY), { mode: 'full' })).toMatchObject({
      state: 'unverified',
    });
  });

  it.each([
    ['"projects"', 'projects'],
    ['public."a.b"', 'public.a.b'],
    ['public.events', 'public.events'],
  ])('holds a table by any of its names: %s', async (name) => {
    const store = new MemoryStore().putSet(DAILY, 'verified');
    expect((await find(store, { mode: 'table', tables: [name], set: DAILY.id })).id).toBe(DAILY.id);
  });

  it.each([
    [
      'there is none',
      { mode: 'full', set: 'daily-20261123T170001Z' },
      RestoreInputInvalid,
      `the nearest ones are ${DAILY.id}`,
    ],
    [
      'it holds tables only',
      { mode: 'full', set: CRITICAL.id },
      RestoreInputInvalid,
      'not the whole database',
    ],
    [
      'it lacks the table',
      { mode: 'rows', rows: ['project:id=7'], set: DAILY.id },
      RestoreInputInvalid,
      'the nearest name is public.projects',
    ],
    [
      'none holds the table',
      { mode: 'table', tables: ['nothing'] },
      RestoreInputInvalid,
      'no usable set that holds nothing',
    ],
    [
      'none is so old',
      { mode: 'full', at: '2020-01-01T00:00:00Z' },
      RestoreInputInvalid,
      'at or before 2020-01-01T00:00:00.000Z',
    ],
  ])('is refused in both languages where %s', async (_what, input, kind, words) => {
    const store = new MemoryStore().putSet(DAILY, 'verified').putSet(CRITICAL, 'verified');
    const error = await find(store, input).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toContain(words);
    expect(String(error)).toMatch(/[가-힣]/);
  });

  it('is refused where it was found damaged, or cannot be read', async () => {
    const store = new MemoryStore().putSet(DAILY, 'failed').put('daily/20261124T170000Z/manifest.json', '{');
    for (const [set, words] of [
      [DAILY.id, 'schema.dump.zst.gpg: shorter'],
      [NEWER.id, 'daily/20261124T170000Z/manifest.json'],
    ] as const) {
      const error = await find(store, { mode: 'full', set }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RestoreRefused);
      expect(String(error)).toContain(words);
    }
    await expect(find(store, { mode: 'full' })).rejects.toThrow('no usable set');
  });

  it('is looked for by the tables of rows and conditions too', () => {
    expect(
      tablesOf(request({ mode: 'rows', rows: ['a:id=1', 'b:id=2', 'a:id=3'], where: ['c.d:x = 1'] })),
    ).toEqual(['a', 'b', 'c.d']);
  });
});

describe('the steps of a restore', () => {
  const EXECUTION = { name: 'run/1', startedAt: '2026-11-24T02:00:00.500Z' };
  async function steps(input: Record<string, unknown>) {
    const store = new MemoryStore().putSet(DAILY, 'verified');
    const parsed = parseRestoreInput(input);
    const set = parsed.kind === 'restore' ? await findRestoreSet(store, parsed.request) : undefined;
    return planRestore(parsed, set, EXECUTION, 360);
  }

  it('name the set that was chosen: the engine must not find another', async () => {
    expect(await steps({ mode: 'full' })).toMatchObject({
      command: ['restore', DAILY.id, '--mode', 'full'],
      preserve: false,
      thaw: { needed: true, setIds: [DAILY.id], tier: 'standard', days: 3, restoreMinutes: 360 },
      resultKey: 'restores/run%2F1/restore.json',
      taskTimeoutSeconds: 21_600,
      runMinutes: '355',
    });
  });

  it('name the instant where one is asked for, and thaw every set its state is laid together of', async () => {
    const store = new MemoryStore()
      .putSet(DAILY, 'verified')
      .putSet(NEWER, 'verified')
      .putSet(CRITICAL, 'verified');
    const at = '2026-11-24T18:00:01Z';
    const parsed = parseRestoreInput({ mode: 'full', at });
    if (parsed.kind !== 'restore') throw new Error('it is one');
    const set = await findRestoreSet(store, parsed.request);
    const planned = planRestore(parsed, set, EXECUTION, 360);
    expect(planned.command).toEqual(['restore', 'latest', '--mode', 'full', '--at', at]);
    expect(planned.thaw.setIds).toEqual([NEWER.id, CRITICAL.id]);
    expect(planned.facts.set?.id).toBe(NEWER.id);
  });

  it('keep the target first where it is replaced, and tell the engine as which set', async () => {
    const planned = await steps({ mode: 'full', target: 'source', confirm: 'postgres' });
    expect(planned).toMatchObject({
      preserve: true,
      preserveCommand: [
        'backup',
        '--kind',
        'prerestore',
        '--slot',
        '2026-11-24T02:00:00.000Z',
        '--no-verify',
      ],
      preserveVerifyCommand: ['verify', 'prerestore-20261124T020000Z'],
      thaw: { restoreMinutes: 1080 },
    });
    expect(planned.command.slice(-2)).toEqual(['--pre-restore-set', 'prerestore-20261124T020000Z']);
    for (const kept of [planned.description.en, planned.description.ko])
      expect(kept).toContain('prerestore-20261124T020000Z');
  });

  it('thaw and keep nothing for a plan', async () => {
    const planned = await steps({ mode: 'full', target: 'source', confirm: 'postgres', plan: true });
    expect(planned).toMatchObject({ planOnly: true, preserve: false, thaw: { needed: false } });
    expect(planned.command).toContain('--plan');
    expect(planned.command).not.toContain('--pre-restore-set');
  });

  it('take a restore back by its id', async () => {
    const planned = await steps({
      mode: 'rollback',
      restoreId: '20261127T101530Z-3fa9',
      target: 'source',
      confirm: 'd',
    });
    expect(planned).toMatchObject({
      command: ['rollback', '20261127T101530Z-3fa9', '--confirm', 'd'],
      target: 'source',
      preserve: false,
      thaw: { needed: false, setIds: [] },
      facts: { mode: 'rollback', set: null, restoreId: '20261127T101530Z-3fa9' },
    });
  });

  it('say what a condition is of, and never what it says', async () => {
    const planned = await steps({ mode: 'rows', where: ["projects:name = 'geheim'"], confirm: 'd' });
    expect(JSON.stringify([planned.facts, planned.description])).not.toContain('geheim');
    expect(planned.description.ko).toContain('projects');
  });
});
