import { type EnvironmentInput, parseEnvironment } from '../../core/environment.ts';
import { type Expectations, expectationsOf, strategyExpectations } from '../../core/health/expectations.ts';
import type { HealthSources, OpenUpload } from '../../core/health/health.ts';
import type { Kind } from '../../core/kinds.ts';
import type { Manifest } from '../../core/manifest.ts';
import { formatSlot, setFolder } from '../../core/set-id.ts';
import type { Verification } from '../../core/verification.ts';
import { MemoryStore, makeManifest } from './manifests.ts';

export const NOW = new Date('2026-11-24T00:00:00Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** An instant so many minutes before NOW. */
export const ago = (minutes: number): Date => new Date(NOW.getTime() - minutes * MINUTE);

/** What the strategy expects of an environment that makes all kinds. */
export function expecting(changes: Partial<EnvironmentInput> = {}): Expectations {
  return expectationsOf(
    parseEnvironment({ name: 'test', alertEmails: ['a@b.example'], ...changes }, 'a test'),
  );
}
export { strategyExpectations };

export interface SetFacts {
  /** Bytes before compression. */
  readonly bytes?: number;
  /** How long it took. */
  readonly minutes?: number;
  readonly slot?: Date;
  readonly changes?: Partial<Manifest>;
}

/** A manifest of a set whose snapshot is of that instant. */
export function manifestAt(kind: Kind, snapshot: Date, facts: SetFacts = {}): Manifest {
  const { bytes = 10_000_000, minutes = 2, slot = snapshot, changes = {} } = facts;
  const base = makeManifest(kind, formatSlot(slot));
  const [first, ...others] = base.objects;
  if (first === undefined) throw new Error('a manifest without objects');
  return {
    ...base,
    startedAt: snapshot.toISOString(),
    finishedAt: new Date(snapshot.getTime() + minutes * MINUTE).toISOString(),
    snapshot: { time: snapshot.toISOString(), lsn: '0/1' },
    objects: [{ ...first, plain: { ...first.plain, bytes } }, ...others],
    ...changes,
  };
}

/** A bucket in memory that counts what is asked of it, and refuses what it is told to. */
export class HealthStore extends MemoryStore {
  readonly asked = { folders: 0, objects: 0, texts: 0 };
  refuses: (key: string) => Error | undefined = () => undefined;

  /** Puts a set of that snapshot, written when it was finished. */
  add(kind: Kind, snapshot: Date, outcome?: Verification['outcome'], facts: SetFacts = {}): this {
    const manifest = manifestAt(kind, snapshot, facts);
    this.putSet(manifest, outcome);
    const folder = setFolder({ kind, slot: new Date(manifest.slot) });
    for (const key of this.objects.keys())
      if (key.startsWith(folder)) this.modified.set(key, new Date(manifest.finishedAt));
    return this;
  }

  /** Puts verified sets, one every `everyMinutes`, the newest of `newestMinutesAgo`. */
  addRow(
    kind: Kind,
    count: number,
    everyMinutes: number,
    newestMinutesAgo: number,
    facts: SetFacts = {},
  ): this {
    for (let index = 0; index < count; index += 1)
      this.add(kind, ago(newestMinutesAgo + index * everyMinutes), 'verified', facts);
    return this;
  }

  /** Puts what a run leaves that has made no set. */
  addUnfinished(kind: Kind, begun: Date, written: Date = begun): this {
    const folder = setFolder({ kind, slot: begun });
    return this.put(`${folder}roles.sql.zst.gpg`, 'x', begun).put(`${folder}claim.json`, '{}', written);
  }

  override async listFolders(prefix: string): Promise<string[]> {
    this.asked.folders += 1;
    this.refuse(prefix);
    return await super.listFolders(prefix);
  }

  override async listObjects(prefix: string) {
    this.asked.objects += 1;
    this.refuse(prefix);
    return await super.listObjects(prefix);
  }

  override async getText(key: string): Promise<string | undefined> {
    this.asked.texts += 1;
    this.refuse(key);
    return await super.getText(key);
  }

  sources(uploads: readonly OpenUpload[] = []): HealthSources {
    return { store: this, openUploads: async () => uploads };
  }

  private refuse(key: string): void {
    const error = this.refuses(key);
    if (error !== undefined) throw error;
  }
}

/** Everything as it should be: sets of every kind, an inventory nobody asks for, no drill needed yet. */
export function healthyStore(): HealthStore {
  return new HealthStore()
    .addRow('daily', 8, 1440, 420)
    .addRow('weekly', 5, 7 * 1440, 3000)
    .addRow('important', 20, 60, 30)
    .addRow('critical', 20, 15, 10);
}
