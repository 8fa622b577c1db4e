import { readSet } from '../../../core/catalog.ts';
import type { Config } from '../../../core/config.ts';
import {
  NoPreRestoreSetError,
  NotTakenBackError,
  PreRestoreSetFailedError,
  StopError,
} from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import type { RestoreRequest } from '../../../core/restore-request.ts';
import { formatSetId, parseSetId, type SetId } from '../../../core/set-id.ts';
import { backup } from '../backup/run.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Bucket } from '../storage/bucket.ts';
import { readCommitted, verifySet } from '../verify/run.ts';

/** A set made outside the restore may be so old: what was written to the target since then is in the kept database only. */
const NOT_OLDER_THAN_MINUTES = 60;

/** How the state of a full target is preserved in the bucket before it is replaced (spec R4). */
export type Preservation =
  | { readonly way: 'taken' }
  | { readonly way: 'given'; readonly id: string }
  | { readonly way: 'declined' };

/**
 * Decides, before anything is done.
 * @param database name of the target
 * @throws NoPreRestoreSetError when there is no set and no way to make one
 */
export async function choosePreservation(
  bucket: Bucket,
  request: Pick<RestoreRequest, 'preRestoreSet' | 'withoutPreRestoreSet'>,
  database: string,
): Promise<Preservation> {
  if (request.withoutPreRestoreSet) return { way: 'declined' };
  if (request.preRestoreSet !== undefined) {
    await proveGiven(bucket, request.preRestoreSet, database);
    return { way: 'given', id: request.preRestoreSet };
  }
  if ((process.env[ENV.gpgPublicKey] ?? '').trim() !== '') return { way: 'taken' };
  throw new NoPreRestoreSetError(
    `${database} would be replaced, and without GPG_PUBLIC_KEY no set of it as it is can be made`,
  );
}

async function proveGiven(bucket: Bucket, id: string, database: string): Promise<void> {
  const entry = await readSet(bucket, parseSetId(id));
  const manifest = entry?.manifest;
  const refuse = (problem: string) => new NoPreRestoreSetError(`${id} ${problem}`);
  if (manifest === undefined) throw refuse('is no set that can be read');
  if (entry?.state !== 'verified') throw refuse('is not verified');
  if (manifest.source.database !== database)
    throw refuse(`is of database ${manifest.source.database}, and the target is ${database}`);
  const minutes = (Date.now() - Date.parse(manifest.snapshot.time)) / 60_000;
  if (minutes > NOT_OLDER_THAN_MINUTES)
    throw refuse(
      `is ${Math.floor(minutes)} minutes old, and what happened since then is not in it; ` +
        `expected one of the last ${NOT_OLDER_THAN_MINUTES} minutes`,
    );
}

/** What preserving needs of a restore. */
export interface Preserving {
  readonly config: Config;
  readonly bucket: Bucket;
  readonly keyring: DecryptingKeyring;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Makes a set of the target as it is, with the same verb that makes all others, and reads it back. The caller holds the
 * target's lock, so no other restore changes it meanwhile.
 * @returns its id
 * @throws PreRestoreSetFailedError whatever went wrong: the target is as it was
 */
export async function takePreRestoreSet(preserving: Preserving): Promise<string> {
  const { reporter, signal } = preserving;
  reporter.notice('taking a set of the target as it is');
  try {
    const id = await makeOwn(preserving);
    await readBack(preserving, id);
    reporter.notice('the target as it is lies in the bucket', { preRestoreSet: formatSetId(id) });
    return formatSetId(id);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StopError || error instanceof NotTakenBackError) throw error;
    throw new PreRestoreSetFailedError(error);
  }
}

const TRIES = 5;

/** A slot is a second; whoever made a set in the same one has made it of another database, as a rule. */
async function makeOwn({ config, reporter, signal }: Preserving): Promise<SetId> {
  let slot = Math.floor(Date.now() / 1000) * 1000;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const id: SetId = { kind: 'prerestore', slot: new Date(slot) };
    const made = await reporter.phase('preserve', () => backup(config, id, reporter, signal));
    if (made.kind === 'made') return id;
    slot = Math.max(slot + 1000, Math.floor(Date.now() / 1000) * 1000);
  }
  throw new Error(`other runs took ${TRIES} slots before this one; start again`);
}

async function readBack({ config, bucket, keyring, reporter, signal }: Preserving, id: SetId): Promise<void> {
  const { folder, manifest } = await readCommitted(bucket, id);
  // to its contents where the key of this restore opens it; a team may encrypt to another one
  const opens = manifest.encryption.recipients.some((recipient) => keyring.fingerprints.includes(recipient));
  const run = { bucket, folder, manifest, config, reporter, signal };
  const { outcome, problems } = await verifySet(run, opens ? keyring : undefined);
  if (outcome !== 'verified') throw new Error(`${formatSetId(id)} was found damaged: ${problems.join('; ')}`);
}
