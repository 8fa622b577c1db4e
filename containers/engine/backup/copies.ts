import { ObjectDamagedError, ProductError, reason } from '../../../core/errors/index.ts';
import type { SetObject, TableEntry } from '../../../core/manifest.ts';
import { MIB } from '../../../core/part-sizes.ts';
import { type Copied, copiedFrom, entryToReuse, slicesOf } from '../../../core/reuse.ts';
import { sliceKey } from '../../../core/set-id.ts';
import { nameOf } from '../../../core/table-names.ts';
import type { SourceTable } from '../database/inventory.ts';
import { copyObject } from '../storage/copy.ts';
import type { Turn } from '../streams/parallel.ts';
import type { Base } from './base.ts';
import type { BackupRun } from './context.ts';
import { isReusable } from './slicing.ts';

/** After so many tables that could not be copied no more is tried: what keeps S3 from it concerns all of them. */
const FAILURES_BORNE = 3;
/** How long one copy may take: a minute, and more for what S3 would need longer for at this pace. */
const PATIENCE_MS = 60_000;
const SLOWEST_BYTES_PER_MS = (20 * MIB) / 1000;

/** Takes the slices of unchanged tables over from an earlier set. */
export class Copies {
  readonly #run: BackupRun;
  readonly #base: Base | undefined;
  readonly #at: Date;
  #failures = 0;

  /** @param at instant of the new set's snapshot */
  constructor(run: BackupRun, base: Base | undefined, at: Date) {
    this.#run = run;
    this.#base = base;
    this.#at = at;
  }

  /** What the table was like when its slices were stored; nothing where they could not stand for it whatever its rows. */
  entryOf(table: SourceTable): TableEntry | undefined {
    if (this.#base === undefined || !isReusable(table) || this.#failures >= FAILURES_BORNE) return undefined;
    return entryToReuse(this.#base.manifest, table, this.#at, this.#run.config.backup.reuse.rereadAfterHours);
  }

  /**
   * Copies all slices of a table whose rows are the same, under names of the new set.
   * @returns nothing where one of them could not be copied; what was copied then stays, and is in no manifest
   */
  async take(entry: TableEntry, turn: Turn): Promise<{ objects: SetObject[]; copied: Copied } | undefined> {
    const base = this.#base;
    if (base === undefined || this.#failures >= FAILURES_BORNE) return undefined;
    try {
      const slices = slicesOf(base.manifest, entry);
      const objects = await Promise.all(slices.map((slice) => turn(() => this.#copy(base, slice))));
      return { objects, copied: copiedFrom(base.manifest, entry) };
    } catch (error) {
      this.#run.signal.throwIfAborted();
      if (!(error instanceof ProductError)) throw error;
      this.#failures += 1;
      const facts = { table: nameOf(entry), from: base.manifest.id, because: reason(error) };
      // nobody else looks at a set that is verified: whoever restores it next would be the first to hear
      const say = error instanceof ObjectDamagedError ? this.#run.reporter.warn : this.#run.reporter.notice;
      say('a table could not be copied, it is read instead', facts);
      return undefined;
    }
  }

  async #copy({ folder }: Base, object: SetObject): Promise<SetObject> {
    const { slice, stored } = object;
    if (slice === undefined) throw new Error(`${object.key} is no slice`);
    const { sealer, namesBelow, folder: own } = this.#run;
    const key = namesBelow + sliceKey(slice.schema, slice.table, slice.index);
    const patienceMs = PATIENCE_MS + Math.ceil(stored.bytes / SLOWEST_BYTES_PER_MS);
    const options = { signal: sealer.signal, patienceMs };
    await copyObject(sealer.bucket, folder + object.key, own + key, stored, options);
    return { ...object, key };
  }
}
