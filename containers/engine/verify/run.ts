import { findSet, manifestSha256, readSet } from '../../../core/catalog.ts';
import type { Config } from '../../../core/config.ts';
import {
  FaultError,
  isVerdict,
  ObjectArchivedError,
  ProgramFailedError,
  reason,
  StorageError,
  WrongKeyError,
} from '../../../core/errors/index.ts';
import type { Manifest, SetObject } from '../../../core/manifest.ts';
import { ENV, OBJECT } from '../../../core/names.ts';
import { formatSetId, type SetId } from '../../../core/set-id.ts';
import { serializeVerification, type Verification } from '../../../core/verification.ts';
import { type Clients, clientsFor } from '../programs/clients.ts';
import { type DecryptingKeyring, openPacketLister, openPrivateKeyring } from '../programs/gpg.ts';
import type { Reporter } from '../progress/reporter.ts';
import { proveReadable } from '../restore/archive-state.ts';
import { workerCount } from '../settings.ts';
import { type Bucket, isAccessDenied, openBucket, proveBucket } from '../storage/bucket.ts';
import { inParallel } from '../streams/parallel.ts';
import { verifyContent } from './content.ts';
import { verifyStructure } from './structure.ts';

/** What one verification works with. */
export interface VerifyRun {
  readonly bucket: Bucket;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly config: Config;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * A set that this process has just committed.
 * @throws whatever makes its manifest unusable
 */
export async function readCommitted(
  bucket: Bucket,
  id: SetId,
): Promise<{ folder: string; manifest: Manifest }> {
  const entry = await readSet(bucket, id);
  if (entry?.problem !== undefined) throw entry.problem;
  if (entry?.manifest === undefined) throw new Error(`${formatSetId(id)} was committed and is gone`);
  return { folder: entry.folder, manifest: entry.manifest };
}

/**
 * Reads every object of a set back. Without the private key: size, hash, and that it is encrypted to the recipients of
 * the manifest. With it also: decryption, size and hash of the plain text, and the tables of contents of the archives.
 * The finding is kept beside the manifest; a damaged set is `failed`, with every problem by name.
 * @throws NoSuchSetError, ManifestUnreadableError, SetArchivedError, KeyError, WrongKeyError
 */
export async function verify(
  config: Config,
  asked: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Verification> {
  const bucket = openBucket(config.upload.attempts);
  await proveBucket(bucket);
  const entry = await findSet(bucket, asked);
  await proveReadable(bucket, entry, config, signal);
  const privateKey = process.env[ENV.gpgPrivateKey];
  const run: VerifyRun = { bucket, folder: entry.folder, manifest: entry.manifest, config, reporter, signal };
  if (privateKey === undefined || privateKey === '') return await verifySet(run, undefined);
  await using keyring = await openPrivateKeyring(privateKey, process.env[ENV.gpgPassphrase]);
  return await verifySet(run, keyring);
}

/** As `verify`, for a set that is known already. */
export async function verifySet(
  run: VerifyRun,
  keyring: DecryptingKeyring | undefined,
): Promise<Verification> {
  const { bucket, folder, manifest, reporter } = run;
  if (keyring !== undefined) proveKey(manifest, keyring);
  const clients = await clientsFor(manifest.client.postgresMajor, 'listing the archives').catch(
    (error: unknown) => {
      if (keyring === undefined) return undefined;
      throw error;
    },
  );
  reporter.begin(storedBytes(manifest), manifest.objects.length);
  const problems = await reporter.phase('verify', () => problemsOf(run, keyring, clients));
  reporter.end();
  run.signal.throwIfAborted();
  const text = (await bucket.getText(folder + OBJECT.manifest)) ?? '';
  const verification: Verification = {
    format: 'videoplanet-verification',
    id: manifest.id,
    outcome: problems.length === 0 ? 'verified' : 'failed',
    depth: keyring === undefined ? 'structure' : 'content',
    at: new Date().toISOString(),
    manifestSha256: manifestSha256(text),
    objects: manifest.objects.length,
    storedBytes: storedBytes(manifest),
    problems,
  };
  await keep(run, verification);
  return verification;
}

/** @throws WrongKeyError when none of the manifest's recipients is among the keys */
export function proveKey({ id, encryption }: Manifest, keyring: DecryptingKeyring): void {
  proveRecipients(id, encryption.recipients, keyring);
}

/** @throws WrongKeyError when none of those that something is encrypted to is among the keys */
export function proveRecipients(
  what: string,
  recipients: readonly string[],
  keyring: DecryptingKeyring,
): void {
  if (recipients.some((recipient) => keyring.fingerprints.includes(recipient))) return;
  throw new WrongKeyError(what, recipients, `the key given is ${keyring.fingerprints.join(', ')}`);
}

async function problemsOf(
  run: VerifyRun,
  keyring: DecryptingKeyring | undefined,
  clients: Clients | undefined,
): Promise<string[]> {
  await using packets = await openPacketLister();
  const check = async (object: SetObject): Promise<string[]> => {
    try {
      if (keyring === undefined || clients === undefined || object.role === 'instructions')
        await verifyStructure(run, object, packets);
      else await verifyContent(run, object, keyring, clients);
      return [];
    } catch (error) {
      if (run.signal.aborted || !isFinding(error)) throw error;
      return [`${object.key}: ${reason(error)}`];
    } finally {
      run.reporter.tableDone();
    }
  };
  const checks = run.manifest.objects.map((object) => () => check(object));
  return (await inParallel(workerCount(run.config), checks)).flat();
}

/** S3 out of order, a program that was killed or another key say nothing about the set; all else of ours does. */
function isFinding(error: unknown): boolean {
  const killed = error instanceof ProgramFailedError && !isVerdict(error);
  return (
    error instanceof FaultError &&
    !killed &&
    !(error instanceof StorageError) &&
    !(error instanceof ObjectArchivedError) &&
    !(error instanceof WrongKeyError)
  );
}

/** A reader may not be allowed to write its finding; the finding stands all the same. */
async function keep(run: VerifyRun, verification: Verification): Promise<void> {
  try {
    await run.bucket.putText(run.folder + OBJECT.verification, serializeVerification(verification));
  } catch (error) {
    if (!(error instanceof StorageError && isAccessDenied(error.cause))) throw error;
    run.reporter.warn('the finding could not be kept beside the set: writing is not allowed', {
      id: verification.id,
    });
  }
}

function storedBytes(manifest: Manifest): number {
  return manifest.objects.reduce((sum, object) => sum + object.stored.bytes, 0);
}
