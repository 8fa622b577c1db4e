import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditStore, appendRecord } from '../../core/audit-append.ts';
import { CHAIN_FOLDER, linkKey, linkNumber, linkText, parseLink, sha256Of } from '../../core/audit-chain.ts';
import { type AuditReader, type AuditVerification, verifyAudit } from '../../core/audit-verify.ts';

const PAUSELESS = { now: () => new Date('2026-11-24T02:00:00Z'), pause: () => Promise.resolve() };
/** Of the record of the n-th execution. */
const keyOf = (n: number) => `audit/2026/11/24/02000${n % 10}Z-backup-run-${n}-succeeded.json`;
const WRITTEN = new Date('2026-11-24T02:00:00Z');

/** S3 as it promises to be, in memory: what was written is seen by whoever asks next. */
class Memory implements AuditStore, AuditReader {
  readonly objects = new Map<string, { text: string; modified: Date }>();

  async firstKeys(prefix: string, most: number): Promise<string[]> {
    return [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort()
      .slice(0, most);
  }

  async getText(key: string): Promise<string | undefined> {
    return this.objects.get(key)?.text;
  }

  async putIfAbsent(key: string, text: string): Promise<'written' | 'taken' | 'conflict'> {
    if (this.objects.has(key)) return 'taken';
    this.objects.set(key, { text, modified: WRITTEN });
    return 'written';
  }

  async *pages(prefix: string, after = '') {
    const keys = (await this.firstKeys(prefix, Number.POSITIVE_INFINITY)).filter((key) => key > after);
    // smaller than S3's, so that there are several
    for (let from = 0; from < keys.length; from += 7)
      yield keys
        .slice(from, from + 7)
        .map((key) => ({ key, modified: this.objects.get(key)?.modified ?? WRITTEN }));
  }
}

async function chainOf(records: number): Promise<Memory> {
  const store = new Memory();
  for (let n = 1; n <= records; n += 1) await appendRecord(store, keyOf(n), `record ${n}`, PAUSELESS);
  return store;
}

const whats = ({ findings }: AuditVerification) => findings.map(({ what, key }) => [what, key]);
const change = (store: Memory, key: string, text: string, modified = WRITTEN) =>
  store.objects.set(key, { text, modified });

class Crash extends Error {}

/** A writer's view of S3, whose every request waits for its turn, and may be lost, conflict, or be its last. */
function unreliable(store: Memory, s: fc.Scheduler, fate: () => string): AuditStore {
  let crashed = false;
  const turn = async () => {
    await s.schedule(Promise.resolve());
    if (crashed) throw new Crash();
  };
  return {
    firstKeys: (prefix, most) => turn().then(() => store.firstKeys(prefix, most)),
    getText: (key) => turn().then(() => store.getText(key)),
    putIfAbsent: async (key, text) => {
      await turn();
      const drawn = fate();
      if (drawn === 'conflict') return 'conflict';
      if (drawn === 'refused') throw new Error('refused');
      const answer = await store.putIfAbsent(key, text);
      await turn();
      if (drawn === 'crash') {
        crashed = true;
        throw new Crash();
      }
      if (drawn === 'lost') throw new Error('the answer was lost');
      return answer;
    },
  };
}

describe('the keys of links', () => {
  it('put the newest first, and lead back to the number', () => {
    const numbers = fc.integer({ min: 1, max: 9_999_999_999 });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(linkNumber(linkKey(a))).toBe(a);
        if (a > b) expect(linkKey(a) < linkKey(b)).toBe(true);
      }),
    );
  });

  it.each([
    'audit/chain/x.json',
    'audit/chain/9999999999.json',
    'audit/chains/0000000001.json',
    'audit/chain/',
  ])('%s is none', (key) => expect(linkNumber(key)).toBeUndefined());

  it('a link is read for its own number only, and with the record it was made of', () => {
    const text = linkText({
      number: 2,
      previous: sha256Of('x'),
      at: WRITTEN.toISOString(),
      key: 'k',
      record: 'r',
    });
    expect(parseLink(text, 2)).toMatchObject({ number: 2, key: 'k', record: 'r' });
    expect(parseLink(text, 3)).toBeUndefined();
    expect(parseLink(text.replace('"r"', '"s"'), 2)).toBeUndefined();
    expect(parseLink('{', 2)).toBeUndefined();
  });
});

describe('records that several writers add', () => {
  it('are in the chain once each, whoever is quicker, whatever is lost and whoever dies', async () => {
    const fates = fc.constantFrom('well', 'well', 'well', 'well', 'lost', 'conflict', 'refused', 'crash');
    const attempts = fc.array(
      fc.record({ record: fc.integer({ min: 1, max: 5 }), fates: fc.infiniteStream(fates) }),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attempts, async (s, writers) => {
        const store = new Memory();
        const ends = writers.map(async ({ record, fates }, attempt) => {
          const own = unreliable(store, s, () => fates.next().value);
          const text = `record ${record}, attempt ${attempt}`;
          try {
            return await appendRecord(own, keyOf(record), text, PAUSELESS);
          } catch {
            return undefined;
          }
        });
        const answers = await s.waitFor(Promise.all(ends));
        // somebody writes later, and puts right what the dead have left
        await appendRecord(store, keyOf(9), 'the last', PAUSELESS);
        const { findings, pending, unproved, links } = await verifyAudit(store);
        expect({ findings, pending, unproved }).toEqual({ findings: [], pending: undefined, unproved: 0 });
        expect(store.objects.size).toBe(2 * links);
        writers.forEach(({ record }, attempt) => {
          if (answers[attempt] === undefined) return;
          expect(store.objects.has(keyOf(record))).toBe(true);
          const isItsOwn = store.objects.get(keyOf(record))?.text.endsWith(`attempt ${attempt}`);
          expect(answers[attempt]?.existing).toBe(!isItsOwn);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('get their turn when many write at once', async () => {
    const store = new Memory();
    const all = Array.from({ length: 30 }, (_, n) => appendRecord(store, keyOf(n), `${n}`, PAUSELESS));
    await Promise.all(all);
    expect(await verifyAudit(store)).toMatchObject({ links: 30, problems: 0 });
  });

  it('go on behind a link that somebody has spoilt, and beside what is no link', async () => {
    const store = await chainOf(2);
    change(store, linkKey(2), 'spoilt');
    change(store, `${CHAIN_FOLDER}!note`, 'hello');
    await appendRecord(store, keyOf(3), 'record 3', PAUSELESS);
    const verified = await verifyAudit(store);
    expect(whats(verified)).toEqual([
      ['stray-object', `${CHAIN_FOLDER}!note`],
      ['link-changed', linkKey(2)],
      // nothing that can be read proves it any more
      ['record-inserted', keyOf(2)],
    ]);
    expect(verified.links).toBe(3);
  });

  it('are not written where S3 fails each time, and say so', async () => {
    const store = new Memory();
    const failing = { ...bound(store), putIfAbsent: () => Promise.reject(new Error('no')) };
    await expect(appendRecord(failing, keyOf(1), 'x', PAUSELESS)).rejects.toThrow('no');
    const conflicting = { ...bound(store), putIfAbsent: async () => 'conflict' as const };
    await expect(appendRecord(conflicting, keyOf(1), 'x', PAUSELESS)).rejects.toMatchObject({
      name: 'AuditChainBusyError',
    });
  });
});

function bound(store: Memory): AuditStore {
  return {
    firstKeys: (prefix, most) => store.firstKeys(prefix, most),
    getText: (key) => store.getText(key),
    putIfAbsent: (key, text) => store.putIfAbsent(key, text),
  };
}

describe('the verification of a chain', () => {
  it('finds nothing in one that is whole, and names its newest link', async () => {
    const store = await chainOf(20);
    const { text = '' } = store.objects.get(linkKey(20)) ?? {};
    expect(await verifyAudit(store)).toEqual({
      links: 20,
      newest: { number: 20, sha256: sha256Of(text) },
      unproved: 0,
      pending: undefined,
      findings: [],
      problems: 0,
    });
  });

  it('finds whichever record was removed or changed, and whichever was put in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom('remove', 'change', 'insert'),
        async (n, how) => {
          const store = await chainOf(13);
          const inserted = keyOf(n).replace('backup', 'restore');
          if (how === 'remove') store.objects.delete(keyOf(n));
          if (how === 'change') change(store, keyOf(n), 'record');
          if (how === 'insert') change(store, inserted, 'record', new Date(WRITTEN.getTime() + 1));
          const what = { remove: 'record-removed', change: 'record-changed', insert: 'record-inserted' }[how];
          expect(whats(await verifyAudit(store))).toEqual([[what, how === 'insert' ? inserted : keyOf(n)]]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('finds a record that was changed or removed together with its link', async () => {
    const store = await chainOf(9);
    const forged = linkText({
      number: 4,
      previous: sha256Of(store.objects.get(linkKey(3))?.text ?? ''),
      at: WRITTEN.toISOString(),
      key: keyOf(4),
      record: 'forged',
    });
    change(store, linkKey(4), forged);
    change(store, keyOf(4), 'forged');
    expect(whats(await verifyAudit(store))).toEqual([['link-changed', linkKey(4)]]);
    for (const key of [linkKey(4), keyOf(4)]) store.objects.delete(key);
    expect(whats(await verifyAudit(store))).toEqual([['link-removed', linkKey(4)]]);
  });

  it('finds that the oldest links are gone', async () => {
    const store = await chainOf(9);
    for (const n of [1, 2]) for (const key of [linkKey(n), keyOf(n)]) store.objects.delete(key);
    const { findings } = await verifyAudit(store);
    expect(findings).toMatchObject([{ what: 'link-removed', problem: expect.stringContaining('down to 1') }]);
  });

  it('does not find that the newest are gone, unless somebody kept what was the newest', async () => {
    const store = await chainOf(9);
    const { newest } = await verifyAudit(store);
    if (newest === undefined) throw new Error('no link');
    for (const n of [8, 9]) for (const key of [linkKey(n), keyOf(n)]) store.objects.delete(key);
    expect(await verifyAudit(store)).toMatchObject({ problems: 0 });
    expect(whats(await verifyAudit(store, { witness: newest }))).toEqual([['newest-removed', linkKey(9)]]);
    for (const n of [8, 9]) await appendRecord(store, keyOf(n), `another ${n}`, PAUSELESS);
    expect(whats(await verifyAudit(store, { witness: newest }))).toEqual([['link-changed', linkKey(9)]]);
  });

  it('tells of a record that still waits for its place, and does not call it removed', async () => {
    const store = await chainOf(3);
    store.objects.delete(keyOf(3));
    expect(await verifyAudit(store)).toMatchObject({ problems: 0, pending: keyOf(3) });
  });

  it('counts records from before the chain, which nothing proves', async () => {
    const store = new Memory();
    change(store, keyOf(1), 'old', new Date('2026-11-01T00:00:00Z'));
    expect(await verifyAudit(store)).toMatchObject({ links: 0, unproved: 1, problems: 0 });
    await appendRecord(store, keyOf(2), 'new', PAUSELESS);
    expect(await verifyAudit(store)).toMatchObject({ links: 1, unproved: 1, problems: 0 });
  });

  it('reads no more of the past than it is asked for', async () => {
    const store = new Memory();
    for (let day = 1; day <= 28; day += 1) {
      const at = new Date(Date.UTC(2026, 10, day, 2));
      const key = `audit/2026/11/${String(day).padStart(2, '0')}/020000Z-backup-run-succeeded.json`;
      for (let n = 0; n < 3; n += 1)
        await appendRecord(store, key.replace('run', `run-${n}`), 'x', { ...PAUSELESS, now: () => at });
    }
    for (const key of [...store.objects.keys()].filter((each) => each.includes('/11/03/')))
      store.objects.delete(key);
    const since = new Date('2026-11-26T00:00:00Z');
    const verified = await verifyAudit(store, { since });
    expect(verified).toMatchObject({ problems: 0 });
    expect(verified.links).toBeLessThan(84);
    expect(await verifyAudit(store)).toMatchObject({ problems: 3 });
  });

  it('of ten thousand records ends', async () => {
    const store = new Memory();
    let previous: string | null = null;
    for (let number = 1; number <= 10_000; number += 1) {
      const [key, record] = [keyOf(number), `record ${number}`];
      const text = linkText({ number, previous, at: WRITTEN.toISOString(), key, record });
      previous = sha256Of(text);
      change(store, linkKey(number), text);
      change(store, key, record);
    }
    store.objects.delete(keyOf(5000));
    expect(whats(await verifyAudit(store))).toEqual([['record-removed', keyOf(5000)]]);
  });
});
