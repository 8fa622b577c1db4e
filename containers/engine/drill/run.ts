import { randomBytes } from 'node:crypto';
import type { Config } from '../../../core/config.ts';
import { drillStart, newDrillId } from '../../../core/drill/keys.ts';
import { checked } from '../../../core/drill/verdict.ts';
import { InputError, reason, UsageError } from '../../../core/errors/index.ts';
import type { DatabaseAddress } from '../database/url.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';
import { makePrivateDirectory } from '../programs/leftovers.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Tell } from '../restore/run.ts';
import { hasSource, sourceDatabase, workerCount } from '../settings.ts';
import { type Bucket, openBucket, proveBucket } from '../storage/bucket.ts';
import { chooseSet } from './choose.ts';
import type { DrillRun } from './context.ts';
import { measureLoss } from './data-loss.ts';
import { type Evidence, tellEvidence, withoutEvidence, writeEvidence } from './evidence.ts';
import { judgeObjectives, measureFiles, measureTarget } from './measure.ts';
import { DrillRecord } from './record.ts';
import { checkKey, IN_TARGET, inspect, openKeyring, readBack, recover, tellAsItIs } from './recover.ts';
import { buildReport, type Progress, readPast } from './report.ts';
import type { DrillRequest } from './request.ts';
import { cleanUp, namedTarget, openTarget, proveEmpty, targetApi } from './target.ts';
import { Timeline } from './timeline.ts';

/** What a drill hands back. */
export interface Drilled {
  readonly report: ReturnType<typeof buildReport>;
  readonly evidence: Evidence;
  readonly failures: readonly string[];
}

/** What all parts of one drill share. */
interface Drill {
  readonly id: string;
  readonly startedAt: Date;
  readonly config: Config;
  readonly request: DrillRequest;
  readonly bucket: Bucket;
  readonly keyring: DecryptingKeyring;
  readonly scratch: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly timeline: Timeline;
  readonly record: DrillRecord;
  readonly progress: Progress;
}

const NOT_LOOKED_AT = 'there is no restored database to look into';

/**
 * Rehearses a recovery (spec D1): takes the newest verified set, restores it into a throwaway target, looks at everything,
 * measures, removes what it has made, and writes the evidence, also of a drill that fails, breaks or is stopped.
 * @param tell facts for the result of a drill that does not come to its end
 * @throws InputError when nothing was begun: no report is written of that
 */
export async function drill(
  config: Config,
  request: DrillRequest,
  { reporter, signal, tell }: { reporter: Reporter; signal: AbortSignal; tell: Tell },
): Promise<Drilled> {
  const startedAt = new Date();
  const id = request.drillId ?? newDrillId(startedAt, randomBytes(3).toString('hex'));
  if (drillStart(id) === undefined)
    throw new UsageError(`${id} is no id of a drill; expected one such as drill-20261127T020000Z-9f3a61`);
  tell({ id });
  const bucket = openBucket(config.upload.attempts);
  if (request.target !== 'task') {
    namedTarget();
    targetApi(process.env);
  }
  await using keyring = await openKeyring();
  await proveBucket(bucket);
  await using scratch = await makePrivateDirectory('vpb-drill-');
  const timeline = new Timeline(request.began);
  const self: Drill = {
    ...{ id, startedAt, config, request, bucket, keyring, signal, timeline },
    scratch: scratch.path,
    reporter: timeline.watch(reporter),
    record: new DrillRecord(),
    progress: {
      serverVersion: null,
      recoverySeconds: null,
      levels: [],
      dataLoss: { lookedAt: null, reason: NOT_LOOKED_AT, tables: [] },
    },
  };
  let broken: { readonly error: unknown } | undefined;
  try {
    await rehearse(self);
  } catch (error) {
    broken = { error };
  }
  await cleanUp(request, self.progress.target, self.record);
  if (broken === undefined) return await conclude(self);
  if (isRefusal(self, broken.error)) throw broken.error;
  await concludeBroken(self, broken.error, tell);
  throw broken.error;
}

/** Whether somebody has asked for what cannot be; of a project that a workflow has made it is a finding. */
function isRefusal({ request, progress }: Drill, error: unknown): boolean {
  return error instanceof InputError && progress.serverVersion === null && request.target !== 'supabase';
}

async function rehearse(self: Drill): Promise<void> {
  const { config, request, bucket, keyring, record, progress, reporter, signal, timeline } = self;
  const chosen = await reporter.phase('choose', () => chooseSet(bucket, request.set, record));
  if (chosen === undefined) return;
  progress.chosen = chosen;
  const { manifest, folder } = chosen.set;
  const isOurs = checkKey({ manifest, keyring }, record);
  if (!isOurs) return;
  reporter.notice('drill started', { id: self.id, set: manifest.id, target: request.target });
  const target = await reporter.phase('make', () => openTarget(request, manifest, self));
  progress.target = target;
  progress.serverVersion = await proveEmpty(request, target, manifest, record, signal);
  const run: DrillRun = {
    ...{ id: self.id, config, bucket, keyring, folder, manifest, reporter, signal },
    target: target.address,
    targetKind: request.target,
    api: target.api,
    loaded: undefined,
    workers: workerCount(config),
    scratch: self.scratch,
  };
  if (record.get('target-empty')?.state === 'failed') return;
  if (request.asItIs) tellAsItIs(record);
  const loaded = request.asItIs ? undefined : await recover(run, record);
  if (request.asItIs || loaded !== undefined) {
    await inspect({ ...run, loaded }, record);
    if (!request.asItIs) progress.recoverySeconds = timeline.elapsed;
    progress.dataLoss = await reporter.phase('data-loss', () => lossOf(run));
    await measureTarget(run, record);
  }
  await readBack(run, record);
  await measureFiles(run, record);
}

/** A source that cannot be named is as unknown as one that does not answer. */
async function lossOf(run: DrillRun): Promise<Progress['dataLoss']> {
  let source: DatabaseAddress | undefined;
  try {
    source = hasSource() ? await sourceDatabase() : undefined;
  } catch (error) {
    run.signal.throwIfAborted();
    return { lookedAt: null, reason: reason(error), tables: [] };
  }
  return await measureLoss(run, source);
}

async function conclude(self: Drill): Promise<Drilled> {
  const { record, reporter, request, bucket, keyring } = self;
  record.close(NOT_LOOKED_AT, IN_TARGET);
  judge(self);
  record.close('the drill did not get that far');
  const past = await readPast(bucket, self.startedAt, reporter);
  const report = buildReport({ ...self, past }, self.progress, record, self.timeline);
  const evidence = await writeEvidence(report, request, { bucket, keyring, reporter });
  tellEvidence(reporter, evidence, bucket);
  return { report, evidence, failures: record.failures };
}

function judge({ config, record, progress, startedAt }: Drill): void {
  const { chosen, recoverySeconds } = progress;
  if (chosen === undefined) return;
  // what the drill itself has read back is what it was found to be, whatever was written down before
  const found = record.get('objects')?.state;
  const entries = chosen.all.map((entry) =>
    entry.id === chosen.set.id && (found === 'verified' || found === 'failed')
      ? { ...entry, state: found }
      : entry,
  );
  progress.levels = judgeObjectives(
    { config, manifest: chosen.set.manifest },
    { recoverySeconds, entries, now: startedAt },
    record,
  );
}

/** What there is of a drill that broke or was stopped is evidence too: that it did not come to its end. */
async function concludeBroken(self: Drill, error: unknown, tell: Tell): Promise<void> {
  const why = `the drill did not come to its end: ${reason(error)}`;
  if (self.record.get('restore') === undefined) self.record.add(checked('restore', 'failed', [why]));
  self.record.close(why, IN_TARGET);
  try {
    const { report, evidence } = await conclude(self);
    tell({ verdict: report.verdict, report: evidence.report });
  } catch (failure) {
    withoutEvidence(self.reporter, failure);
  }
}
