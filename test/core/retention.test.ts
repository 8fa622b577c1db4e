import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS, type Kind } from '../../core/kinds.ts';
import { parsePolicy } from '../../core/policy.ts';
import { type JudgedSet, judgedSets, planRetention } from '../../core/retention.ts';
import { formatSetId, parseSlot, setFolder } from '../../core/set-id.ts';
import { MemoryStore, makeManifest } from '../support/manifests.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-24T00:00:00Z');
const { retention } = parsePolicy({}, 'x');

function set(kind: Kind, ageDays: number, state: JudgedSet['state'] = 'verified'): JudgedSet {
  const time = new Date(NOW.getTime() - ageDays * DAY_MS);
  const id = { kind, slot: time };
  return { id: formatSetId(id), kind, folder: setFolder(id), state, time };
}
const plan = (...sets: JudgedSet[]) => planRetention(sets, retention, NOW);
const expired = (...sets: JudgedSet[]) => plan(...sets).expire.map(({ id }) => id);

const STATES = ['verified', 'unverified', 'failed', 'unreadable', 'incomplete'] as const;
const history = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    // hours, so that sets of one instant come up too
    age: fc.integer({ min: -2, max: 24 * 40 }).map((hours) => hours / 24),
    state: fc.constantFrom(...STATES),
  }),
  { maxLength: 60 },
);
const rule = fc.record({
  keepVerified: fc.integer({ min: 1, max: 6 }),
  keepDays: fc.integer({ min: 1, max: 30 }),
});
const rules = fc.record({ daily: rule, weekly: rule, important: rule, critical: rule, prerestore: rule });

describe('whatever the history of sets and whatever the policy, retention', () => {
  const whatever = (check: (sets: JudgedSet[], of: typeof retention) => void) =>
    fc.assert(
      fc.property(history, rules, (entries, of) =>
        check(
          entries.map(({ kind, age, state }) => set(kind, age, state)),
          of,
        ),
      ),
      { numRuns: 1000 },
    );

  it('never marks one of the last verified sets of a kind', () => {
    whatever((sets, of) => {
      const marked = new Set(planRetention(sets, of, NOW).expire);
      for (const kind of KINDS) {
        const verified = sets
          .filter((each) => each.kind === kind && each.state === 'verified')
          .sort((a, b) => b.time.getTime() - a.time.getTime());
        for (const each of verified.slice(0, of[kind].keepVerified)) expect(marked.has(each)).toBe(false);
      }
    });
  });

  it('marks a set of any state only with enough newer verified ones, all of which stay', () => {
    whatever((sets, of) => {
      const { expire } = planRetention(sets, of, NOW);
      const left = sets.filter((each) => !expire.includes(each));
      for (const gone of expire) {
        const newer = left.filter(
          ({ kind, state, time }) => kind === gone.kind && state === 'verified' && time > gone.time,
        );
        expect(newer.length).toBeGreaterThanOrEqual(of[gone.kind].keepVerified);
      }
    });
  });

  it('marks nothing younger than the policy says', () => {
    whatever((sets, of) => {
      for (const { kind, time } of planRetention(sets, of, NOW).expire)
        expect(NOW.getTime() - time.getTime()).toBeGreaterThanOrEqual(of[kind].keepDays * DAY_MS);
    });
  });

  it('marks all that may go: what it keeps is too young, or has too few verified ones after it', () => {
    whatever((sets, of) => {
      for (const { set: kept, reason } of planRetention(sets, of, NOW).keep) {
        const newer = sets.filter(
          ({ kind, state, time }) => kind === kept.kind && state === 'verified' && time > kept.time,
        ).length;
        const young = NOW.getTime() - kept.time.getTime() < of[kept.kind].keepDays * DAY_MS;
        expect(young || newer < of[kept.kind].keepVerified).toBe(true);
        expect(reason).toMatch(young ? /days old/ : /newer verified/);
      }
    });
  });

  it('decides on every set, and once more the same when what it marked is gone', () => {
    whatever((sets, of) => {
      const { expire, keep } = planRetention(sets, of, NOW);
      expect(expire.length + keep.length).toBe(sets.length);
      const left = keep.map((kept) => kept.set);
      expect(planRetention(left, of, NOW)).toEqual({ expire: [], keep });
    });
  });
});

describe('retention', () => {
  it('marks the eighth daily set once two newer ones are verified, and says why it keeps the others', () => {
    const sets = [0, 1, 2, 3, 4, 5, 6, 7].map((age) => set('daily', age));
    expect(expired(...sets)).toEqual([set('daily', 7).id]);
    expect(plan(...sets).keep[6]).toEqual({ set: sets[6], reason: '6.0 days old, kept for 7' });
  });

  it('keeps old sets for as long as what comes after them fails', () => {
    const failing = [1, 2, 3, 4, 5].map((age) => set('daily', age, 'failed'));
    const { expire, keep } = plan(...failing, set('daily', 30), set('daily', 31), set('daily', 32));
    expect(expire.map(({ id }) => id)).toEqual([set('daily', 32).id]);
    expect(keep.find((kept) => kept.set.id === set('daily', 31).id)?.reason).toBe(
      'newer verified sets: 1, wanted: 2',
    );
  });

  it('does not count verified sets of other kinds', () => {
    expect(expired(set('daily', 30), set('weekly', 1), set('critical', 0), set('important', 0))).toEqual([]);
  });

  it('does not take sets of one instant for newer than each other', () => {
    expect(expired(set('daily', 9), set('daily', 9), set('daily', 9))).toEqual([]);
  });
});

describe('what retention judges', () => {
  const SLOT = '20261101T170000Z';
  const OTHER = '20261102T170000Z';

  it('is each set by its snapshot, and by its slot where the manifest cannot be read', async () => {
    const snapshot = { time: '2026-11-09T01:02:03Z', lsn: null };
    const store = new MemoryStore()
      .putSet(makeManifest('daily', SLOT, { snapshot }), 'verified')
      .put(`daily/${OTHER}/manifest.json`, '{');
    expect(await judgedSets(store, 'daily')).toEqual([
      expect.objectContaining({ state: 'unreadable', time: parseSlot(OTHER) }),
      {
        id: `daily-${SLOT}`,
        kind: 'daily',
        folder: `daily/${SLOT}/`,
        state: 'verified',
        time: new Date(snapshot.time),
      },
    ]);
  });

  it('includes what a run left that made no set, as old as the last thing it wrote', async () => {
    const late = new Date('2026-11-20T00:00:00Z');
    const store = new MemoryStore()
      .put(`daily/${SLOT}/claim.json`, '{}', late)
      .put(`daily/${SLOT}/rest.dump.zst.gpg`, 'x', new Date('2026-11-01T17:05:00Z'))
      .put(`daily/${OTHER}/claim.json`, '{}', new Date('2026-11-01T00:00:00Z'))
      .put(`weekly/${SLOT}/claim.json`, '{}');
    const sets = await judgedSets(store, 'daily');
    expect(sets.map(({ id, state, time }) => [id, state, time])).toEqual([
      [`daily-${SLOT}`, 'incomplete', late],
      [`daily-${OTHER}`, 'incomplete', parseSlot(OTHER)],
    ]);
  });

  it('is not a remnant where the manifest comes while it looks', async () => {
    const store = new MemoryStore().put(`daily/${SLOT}/claim.json`, '{}');
    const listFolders = store.listFolders.bind(store);
    let calls = 0;
    store.listFolders = async (prefix) => {
      const folders = await listFolders(prefix);
      calls += 1;
      if (calls === 1) store.putSet(makeManifest('daily', SLOT));
      return folders;
    };
    expect((await judgedSets(store, 'daily')).map(({ state }) => state)).toEqual(['unverified']);
  });
});
