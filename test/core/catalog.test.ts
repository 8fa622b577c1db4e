import { describe, expect, it } from 'vitest';
import { findSet, listSets, newestAt, readSet } from '../../core/catalog.ts';
import { ManifestUnreadableError, NoSuchSetError, UsageError } from '../../core/errors/index.ts';
import { KINDS } from '../../core/kinds.ts';
import { formatSlot, parseSetId } from '../../core/set-id.ts';
import { serializeVerification } from '../../core/verification.ts';
import { MemoryStore, makeManifest, makeVerification } from '../support/manifests.ts';

const [FIRST, SECOND, THIRD] = ['20261121T170000Z', '20261122T170000Z', '20261123T170000Z'];
const at = (text: string) => ({ at: new Date(text) });

describe('the list of sets', () => {
  it('leaves out a folder without a manifest, which is no backup', async () => {
    const store = new MemoryStore()
      .put(`daily/${FIRST}/rest.dump.zst.gpg`, 'x')
      .put(`daily/${SECOND}/claim.json`, '{}')
      .putSet(makeManifest('daily', THIRD));
    expect((await listSets(store)).map((entry) => entry.id)).toEqual([`daily-${THIRD}`]);
    expect(await readSet(store, parseSetId(`daily-${FIRST}`))).toBeUndefined();
  });

  it('is newest first, whatever the order of the bucket and of the kinds', async () => {
    const store = new MemoryStore()
      .putSet(makeManifest('critical', SECOND))
      .putSet(makeManifest('daily', FIRST))
      .putSet(makeManifest('weekly', THIRD))
      .putSet(makeManifest('daily', '20241123T170000Z'));
    const ids = (await listSets(store)).map((entry) => entry.id);
    expect(ids).toEqual([
      `weekly-${THIRD}`,
      `critical-${SECOND}`,
      `daily-${FIRST}`,
      'daily-20241123T170000Z',
    ]);
  });

  it('holds only the kinds asked for', async () => {
    const store = new MemoryStore();
    for (const kind of KINDS) store.putSet(makeManifest(kind, FIRST));
    const kinds = (await listSets(store, ['weekly', 'critical'])).map((entry) => entry.kind);
    expect(kinds.sort()).toEqual(['critical', 'weekly']);
  });

  it('passes over folders that only look like a set’s', async () => {
    const store = new MemoryStore()
      .put('daily/notes/manifest.json', '{}')
      .put('daily/20261399T999999Z/manifest.json', '{}')
      .putSet(makeManifest('daily', FIRST));
    expect((await listSets(store)).map((entry) => entry.id)).toEqual([`daily-${FIRST}`]);
  });

  it('shows a manifest that cannot be read as such, with the reason', async () => {
    const store = new MemoryStore()
      .put(`daily/${FIRST}/manifest.json`, '{"format":')
      .putSet(makeManifest('daily', SECOND));
    const entries = await listSets(store);
    expect(entries.map(({ state }) => state)).toEqual(['unverified', 'unreadable']);
    expect(entries[1]).toMatchObject({ id: `daily-${FIRST}`, manifest: undefined });
    expect(entries[1]?.problem).toBeInstanceOf(ManifestUnreadableError);
  });

  it('copes with ten thousand sets', async () => {
    const store = new MemoryStore();
    const slots = Array.from({ length: 10_000 }, (_, i) => formatSlot(new Date(Date.UTC(2000, 0, 1 + i))));
    for (const slot of slots) store.putSet(makeManifest('daily', slot));
    const entries = await listSets(store);
    expect(entries.filter((entry) => entry.state !== 'unverified')).toEqual([]);
    const ids = entries.map((entry) => entry.id);
    expect(ids).toEqual(slots.map((slot) => `daily-${slot}`).reverse());
  });
});

describe('the state of a set', () => {
  const manifest = makeManifest('daily', FIRST);
  const stateWith = async (verification: string | undefined) => {
    const store = new MemoryStore().putSet(manifest);
    if (verification !== undefined) store.put(`daily/${FIRST}/verification.json`, verification);
    return (await readSet(store, parseSetId(`daily-${FIRST}`)))?.state;
  };

  it('is what the verification of this very manifest says', async () => {
    expect(await stateWith(serializeVerification(makeVerification(manifest, 'verified')))).toBe('verified');
    expect(await stateWith(serializeVerification(makeVerification(manifest, 'failed')))).toBe('failed');
  });

  it('is unverified without a verification, with one nobody can read, and with one of another manifest', async () => {
    const other = makeManifest('daily', FIRST, { productVersion: '0.0.9' });
    expect(await stateWith(undefined)).toBe('unverified');
    expect(await stateWith('{"outcome":"verified"}')).toBe('unverified');
    expect(await stateWith(serializeVerification(makeVerification(other, 'verified')))).toBe('unverified');
    expect(await stateWith(serializeVerification(makeVerification(other, 'failed')))).toBe('unverified');
  });
});

describe('the latest set', () => {
  it('is the newest verified one, before newer ones that are not', async () => {
    const store = new MemoryStore()
      .putSet(makeManifest('daily', FIRST), 'verified')
      .putSet(makeManifest('daily', SECOND), 'verified')
      .putSet(makeManifest('daily', THIRD));
    expect((await findSet(store, 'latest')).id).toBe(`daily-${SECOND}`);
  });

  it('is the newest unverified one where none is verified, but never a damaged one', async () => {
    const store = new MemoryStore()
      .putSet(makeManifest('daily', FIRST))
      .putSet(makeManifest('daily', SECOND))
      .putSet(makeManifest('daily', THIRD), 'failed');
    expect((await findSet(store, 'latest')).id).toBe(`daily-${SECOND}`);
  });

  it('is none where all are damaged or unreadable', async () => {
    const store = new MemoryStore()
      .putSet(makeManifest('daily', FIRST), 'failed')
      .put(`daily/${SECOND}/manifest.json`, 'null');
    await expect(findSet(store, 'latest')).rejects.toThrow(NoSuchSetError);
  });

  it('at an instant may have its snapshot at that very instant, and not a millisecond later', async () => {
    const snapshot = { time: '2026-11-22T17:00:03.250Z', lsn: null };
    const store = new MemoryStore()
      .putSet(makeManifest('daily', FIRST), 'verified')
      .putSet(makeManifest('daily', SECOND, { snapshot }), 'verified');
    expect((await findSet(store, 'latest', at('2026-11-22T17:00:03.250Z'))).id).toBe(`daily-${SECOND}`);
    expect((await findSet(store, 'latest', at('2026-11-22T17:00:03.249Z'))).id).toBe(`daily-${FIRST}`);
    await expect(findSet(store, 'latest', at('2026-11-21T16:59:59.999Z'))).rejects.toThrow(NoSuchSetError);
  });

  it('goes by the snapshot, not by the slot: a set made late is newer than its slot', () => {
    const late = makeManifest('daily', FIRST, { snapshot: { time: '2026-11-25T00:00:00Z', lsn: null } });
    const entry = (manifest: typeof late) => ({
      id: manifest.id,
      kind: manifest.kind,
      slot: new Date(manifest.slot),
      folder: '',
      state: 'verified' as const,
      manifest,
      verification: undefined,
      problem: undefined,
    });
    expect(newestAt([entry(makeManifest('daily', THIRD)), entry(late)])?.id).toBe(late.id);
  });

  it('is of the kinds asked for', async () => {
    const store = new MemoryStore()
      .putSet(makeManifest('daily', FIRST), 'verified')
      .putSet(makeManifest('critical', THIRD), 'verified');
    expect((await findSet(store, 'latest', { kinds: ['daily', 'weekly'] })).id).toBe(`daily-${FIRST}`);
  });

  it('is missed with a message that does not deny the sets there are', async () => {
    const store = new MemoryStore().putSet(makeManifest('daily', THIRD), 'verified');
    const missing = findSet(store, 'latest', at('2026-01-01T00:00:00Z'));
    await expect(missing).rejects.toThrow('at or before 2026-01-01T00:00:00.000Z');
    await expect(missing).rejects.not.toThrow('no sets at all');
  });
});

describe('a set asked for by its id', () => {
  const store = new MemoryStore()
    .putSet(makeManifest('daily', FIRST), 'failed')
    .put(`daily/${SECOND}/manifest.json`, 'null');

  it('is given even when it is known to be damaged: somebody wants just that one', async () => {
    expect(await findSet(store, `daily-${FIRST}`)).toMatchObject({ id: `daily-${FIRST}`, state: 'failed' });
  });

  it('is refused when its manifest cannot be read', async () => {
    await expect(findSet(store, `daily-${SECOND}`)).rejects.toThrow(ManifestUnreadableError);
  });

  it('is refused with the nearest id when there is none', async () => {
    await expect(findSet(store, 'daily-20261121T180000Z')).rejects.toThrow(`did you mean daily-${FIRST}?`);
    await expect(findSet(store, 'newest')).rejects.toThrow(UsageError);
  });
});
