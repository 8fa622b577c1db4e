import type { Config } from '../../../core/config.ts';
import { SetArchivedError } from '../../../core/errors/index.ts';
import type { Manifest, SetObject } from '../../../core/manifest.ts';
import {
  neededUntil,
  optionText,
  PRICE_REGION,
  sizeText,
  type ThawOption,
  usualDays,
} from '../../../core/thaw.ts';
import { bytesOf, optionsOf, survey, waitingOf } from '../../../core/thaw-objects.ts';
import { runMinutes } from '../settings.ts';
import { archiveStore } from '../storage/archive-store.ts';
import type { Bucket } from '../storage/bucket.ts';

/** How the objects that a restore reads stand, for its plan. */
export interface ArchiveState {
  /** Objects that cannot be read for as long as the restore may take, for any of the reasons below … */
  readonly archived: number;
  readonly bytes: number;
  /** … of which these have been asked for … */
  readonly underWay: number;
  /** … and these can be read now, but their copy may end in the middle. */
  readonly expiring: number;
  /** Keys under which there is nothing: damage, which reading them would find and name. */
  readonly missing: readonly string[];
  /** When the first copy ends, of those that can be read now. */
  readonly readableUntil: string | null;
  /** Ways to thaw them; none when there is nothing to thaw. */
  readonly options: readonly ThawOption[];
}

/**
 * What a restore of these objects has to wait for, and pay.
 * @param folder of the set, with its trailing slash
 * @param restoreMinutes how long it may take
 * @throws StorageError when S3 does not say
 */
export async function archiveState(
  bucket: Bucket,
  folder: string,
  objects: readonly Pick<SetObject, 'key'>[],
  restoreMinutes: number,
  signal: AbortSignal,
): Promise<ArchiveState> {
  const until = neededUntil(new Date(), restoreMinutes);
  const keys = objects.map(({ key }) => folder + key);
  const found = await survey(archiveStore(bucket, signal), keys, until);
  const closed = waitingOf(found);
  return {
    archived: closed.length,
    bytes: bytesOf(closed),
    underWay: found.underWay.length,
    expiring: found.expiring.length,
    missing: found.missing.map((key) => key.slice(folder.length)),
    readableUntil: found.readableUntil?.toISOString() ?? null,
    options: closed.length === 0 ? [] : optionsOf(found, usualDays(restoreMinutes)),
  };
}

/**
 * Refuses to begin what could not be read to its end.
 * @param tables those that are read, where it is not all of the set
 * @throws SetArchivedError with the wait, the price and the command
 */
export function refuseArchived(id: string, state: ArchiveState, tables: readonly string[] = []): void {
  const { archived, underWay, expiring, readableUntil } = state;
  if (archived === 0) return;
  const never = archived - underWay - expiring;
  const parts = [
    ...(never > 0 ? [`${never} are in an archive class`] : []),
    ...(underWay > 0 ? [`${underWay} are being thawed`] : []),
    ...(expiring > 0 ? [`${expiring} are thawed, but only until ${readableUntil}, which is too soon`] : []),
  ];
  throw new SetArchivedError(
    id,
    `of the objects it takes, ${parts.join(', ')} (${sizeText(state.bytes)})`,
    `Thawing takes, by list prices of ${PRICE_REGION}, ${state.options.map(optionText).join('; ')}`,
    thawCommand(id, tables),
  );
}

/**
 * Finds out before anything is written whether all can be read for as long as this run may take.
 * @throws SetArchivedError when not
 */
export async function proveReadable(
  bucket: Bucket,
  { folder, manifest }: { readonly folder: string; readonly manifest: Manifest },
  config: Config,
  signal: AbortSignal,
): Promise<void> {
  const objects = manifest.objects.filter(({ role }) => role !== 'instructions');
  refuseArchived(manifest.id, await archiveState(bucket, folder, objects, runMinutes(config), signal));
}

/** The command that asks for what a restore takes. */
export function thawCommand(id: string, tables: readonly string[]): string {
  const named = tables.length === 0 ? '' : ` --tables '${tables.join(',').replaceAll("'", "'\\''")}'`;
  return `thaw ${id}${named} --tier standard`;
}
