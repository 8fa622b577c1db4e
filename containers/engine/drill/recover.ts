import type { CheckId } from '../../../core/drill/report.ts';
import { checked, couldNotVerify, figure, judged, notRun } from '../../../core/drill/verdict.ts';
import { InputError, reason, WrongKeyError } from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import { parseRestoreRequest } from '../../../core/restore-request.ts';
import { type DecryptingKeyring, openPrivateKeyring } from '../programs/gpg.ts';
import type { LoadedSet } from '../restore/load.ts';
import { restoreFull } from '../restore/run.ts';
import { requireEnv } from '../settings.ts';
import { proveKey, verifySet } from '../verify/run.ts';
import type { DrillRun } from './context.ts';
import { INSPECTED, inspectTarget } from './inspect.ts';
import { MEASURED } from './measure.ts';
import type { DrillRecord } from './record.ts';

/** What can be looked at only in a database that has been restored. */
export const IN_TARGET: readonly CheckId[] = [...INSPECTED, ...MEASURED];

/** @throws EnvironmentError, KeyError when there is no key that can be used at all */
export async function openKeyring(): Promise<DecryptingKeyring> {
  const armoured = requireEnv(ENV.gpgPrivateKey, 'the armoured private key of one recipient');
  return await openPrivateKeyring(armoured, process.env[ENV.gpgPassphrase]);
}

/** @returns whether the set is encrypted to the key that the drill has */
export function checkKey(
  { manifest, keyring }: Pick<DrillRun, 'manifest' | 'keyring'>,
  record: DrillRecord,
): boolean {
  try {
    proveKey(manifest, keyring);
    record.add(checked('key', 'verified'));
    return true;
  } catch (error) {
    if (!(error instanceof WrongKeyError)) throw error;
    record.add(checked('key', 'failed', [error.message]));
    return false;
  }
}

/**
 * Restores the set into the target and looks at all that came of it: what is wrong is left there to be looked at.
 * @returns what it knows to be otherwise than in the source; nothing where there is no restored database
 */
export async function recover(run: DrillRun, record: DrillRecord): Promise<LoadedSet | undefined> {
  const began = performance.now();
  try {
    const restored = await restoreFull(
      run.config,
      parseRestoreRequest({ mode: 'full', set: run.manifest.id }),
      run.reporter,
      run.signal,
      { target: run.target, provedByCaller: true },
    );
    const { onlyInProjects } = restored.loaded.ofProject;
    const beyond = new Set(onlyInProjects);
    record.add(
      judged(
        'restore',
        { wrong: [], unknown: restored.notVerified.filter((sentence) => !beyond.has(sentence)) },
        [figure('duration', (performance.now() - began) / 1000, 'seconds')],
      ),
    );
    return restored.loaded;
  } catch (error) {
    run.signal.throwIfAborted();
    // the set and the target were looked at before; what is refused now is a fault of one of them
    const said = error instanceof InputError ? `refused: ${error.message}` : reason(error);
    record.add(checked('restore', 'failed', [said]));
    return undefined;
  }
}

/** For a database that was restored in another way. */
export function tellAsItIs(record: DrillRecord): void {
  const why = 'the target was checked as it is: nothing was restored';
  record.add(notRun('target-empty', why), notRun('restore', why), notRun('rto', why));
}

/** Looks at the target, whatever has put it there. */
export async function inspect(run: DrillRun, record: DrillRecord): Promise<void> {
  const { checks, tables } = await run.reporter.phase('inspect', () => inspectTarget(run));
  record.add(...checks);
  record.tables = tables;
}

/** Reads every object of the set back with the private key: a restore does not need all of them. */
export async function readBack(run: DrillRun, record: DrillRecord): Promise<void> {
  try {
    const { problems, objects, storedBytes } = await verifySet(run, run.keyring);
    record.add(
      judged('objects', { wrong: problems }, [
        figure('objects', objects, 'objects'),
        figure('bytes', storedBytes, 'bytes'),
      ]),
    );
  } catch (error) {
    run.signal.throwIfAborted();
    record.add(couldNotVerify('objects', reason(error)));
  }
}
