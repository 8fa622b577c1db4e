import { describe, expect, it } from 'vitest';
import { measureFreshness } from '../../core/freshness.ts';
import { MemoryStore, makeManifest } from '../support/manifests.ts';

const NOW = new Date('2026-11-24T00:00:00Z');
const [OLD, MIDDLE, NEW] = ['20261120T170000Z', '20261122T170000Z', '20261123T170000Z'];
const measure = (store: MemoryStore) => measureFreshness(store, 'daily', NOW);

describe('the freshness of a kind', () => {
  it('is the age of the snapshot of its newest verified set, in minutes', async () => {
    const snapshot = { time: '2026-11-23T17:00:30Z', lsn: null };
    const store = new MemoryStore()
      .putSet(makeManifest('daily', OLD), 'verified')
      .putSet(makeManifest('daily', NEW, { snapshot }), 'verified');
    expect(await measure(store)).toEqual({
      kind: 'daily',
      sets: 2,
      newestVerified: { id: `daily-${NEW}`, ageMinutes: 419.5 },
    });
  });

  it('is not that of a set made long ago for a slot that is still to come', async () => {
    const future = { snapshot: { time: '2026-11-20T17:00:00Z', lsn: null } };
    const recent = { snapshot: { time: '2026-11-23T17:00:30Z', lsn: null } };
    const store = new MemoryStore()
      .putSet(makeManifest('daily', '20271120T170000Z', future), 'verified')
      .putSet(makeManifest('daily', NEW, recent), 'verified')
      .putSet(makeManifest('daily', OLD), 'verified');
    expect((await measure(store)).newestVerified).toEqual({ id: `daily-${NEW}`, ageMinutes: 419.5 });
  });

  it('does not count on newer sets that are unverified, failed, unreadable or without a manifest', async () => {
    const store = new MemoryStore()
      .putSet(makeManifest('daily', OLD), 'verified')
      .putSet(makeManifest('daily', MIDDLE), 'failed')
      .putSet(makeManifest('daily', '20261122T180000Z'))
      .put('daily/20261122T190000Z/manifest.json', '{')
      .put(`daily/${NEW}/rest.dump.zst.gpg`, 'x');
    const { sets, newestVerified } = await measure(store);
    expect(newestVerified?.id).toBe(`daily-${OLD}`);
    expect(sets).toBe(4);
  });

  it('has no age where no set is verified, and none where there is no set', async () => {
    expect((await measure(new MemoryStore())).newestVerified).toBeUndefined();
    const store = new MemoryStore()
      .putSet(makeManifest('daily', NEW))
      .putSet(makeManifest('weekly', NEW), 'verified');
    expect(await measure(store)).toEqual({ kind: 'daily', sets: 1, newestVerified: undefined });
  });

  it('takes no other manifest for a set', async () => {
    const store = new MemoryStore()
      .put(`daily/${NEW}/run-1/manifest.json`, '{}')
      .put(`daily/${NEW}/manifest.json/x`, '{}')
      .put('daily/notes/manifest.json', '{}');
    expect((await measure(store)).sets).toBe(0);
  });

  it('reads no more manifests than it takes to find one that is verified', async () => {
    const store = new MemoryStore();
    for (const slot of [OLD, MIDDLE, NEW]) store.putSet(makeManifest('daily', slot), 'verified');
    const read: string[] = [];
    const getText = store.getText.bind(store);
    store.getText = (key) => {
      read.push(key);
      return getText(key);
    };
    await measure(store);
    expect(read).toEqual([`daily/${NEW}/manifest.json`, `daily/${NEW}/verification.json`]);
  });
});
