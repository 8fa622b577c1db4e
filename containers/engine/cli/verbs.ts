import type { Config } from '../../../core/config.ts';
import { reason, StopError } from '../../../core/errors/index.ts';
import type { Kind } from '../../../core/kinds.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { EXIT } from '../../../core/names.ts';
import type { RestoreRequest } from '../../../core/restore-request.ts';
import { readAndCopied } from '../../../core/reuse.ts';
import { formatSetId } from '../../../core/set-id.ts';
import type { Verification } from '../../../core/verification.ts';
import { backup } from '../backup/run.ts';
import { integrity } from '../integrity/run.ts';
import { list, renderList } from '../list.ts';
import type { Reporter } from '../progress/reporter.ts';
import { renderSummary } from '../progress/summary.ts';
import { planFull } from '../restore/plan.ts';
import { rollback } from '../restore/rollback.ts';
import { restoreFull } from '../restore/run.ts';
import { restoreSelectively } from '../restore/selective/run.ts';
import { type ThawRequest, thaw } from '../restore/thaw.ts';
import { isAccessDenied, openBucket } from '../storage/bucket.ts';
import { readCommitted, verify, verifySet } from '../verify/run.ts';
import { type Outcome, outcomeOf as outcomeOfError } from './outcome.ts';

/** A verb with its options bound; it gets what every run needs. */
export type Verb = (run: {
  config: Config;
  reporter: Reporter;
  signal: AbortSignal;
  /** Facts for the result, should the run fail or be stopped from here on. */
  tell: (facts: Readonly<Record<string, unknown>>) => void;
}) => Promise<Outcome>;

export const verbs = {
  backup:
    (options: { kind: Kind; slot?: Date; verify: boolean }): Verb =>
    async ({ config, reporter, signal }) => {
      const slot = options.slot ?? new Date(Math.floor(Date.now() / 1000) * 1000);
      const id = { kind: options.kind, slot };
      const outcome = await backup(config, id, reporter, signal);
      const made =
        outcome.kind === 'made'
          ? {
              ...describeSet(outcome.manifest),
              ...readAndCopied(outcome.manifest),
              missingTables: outcome.missingTables,
            }
          : { id: formatSetId(id) };
      const result = { ...made, existing: outcome.kind === 'existing' };
      // whoever declines the check is not told that it was made
      const verified: Outcome = options.verify
        ? await verifyNew(config, id, reporter, signal)
        : { exitCode: EXIT.verified, result: { outcome: 'made' } };
      if (outcome.kind === 'made') {
        process.stderr.write(renderSummary('backup', outcome.manifest, reporter.timings));
      }
      return {
        exitCode: verified.exitCode,
        result: { ...result, ...verified.result, seconds: reporter.timings },
      };
    },

  list:
    (options: { kind?: Kind }): Verb =>
    async ({ config }) => {
      const sets = await list(config, options.kind === undefined ? undefined : [options.kind]);
      if (process.stderr.isTTY) process.stderr.write(`${renderList(sets)}\n`);
      return { exitCode: EXIT.verified, result: { outcome: 'done', sets } };
    },

  integrity:
    (only: readonly string[] | undefined): Verb =>
    ({ config, reporter, signal }) =>
      integrity(config, only, reporter, signal),

  verify:
    (asked: string): Verb =>
    async ({ config, reporter, signal }) => {
      const verification = await verify(config, asked, reporter, signal);
      return outcomeOfVerification(verification);
    },

  thaw:
    (asked: string, request: ThawRequest): Verb =>
    async ({ config, reporter, signal }) => {
      const { refused, ...report } = await thaw(config, asked, request, reporter, signal);
      if (refused !== undefined) {
        const { exitCode, result } = outcomeOfError(refused);
        return { exitCode, result: { ...report, ...result, outcome: 'failed' } };
      }
      return {
        exitCode: report.outcome === 'thawing' ? EXIT.unverified : EXIT.verified,
        result: { ...report },
      };
    },

  restore:
    (request: RestoreRequest): Verb =>
    async ({ config, reporter, signal, tell }) => {
      if (request.mode !== 'full') {
        const { manifest, result, notVerified } = await restoreSelectively(config, request, reporter, signal);
        return {
          exitCode: notVerified.length === 0 ? EXIT.verified : EXIT.unverified,
          result: {
            id: manifest.id,
            snapshotAt: manifest.snapshot.time,
            ...result,
            notVerified,
            seconds: reporter.timings,
          },
        };
      }
      if (request.plan) {
        const plan = await planFull(config, request, signal);
        return { exitCode: EXIT.verified, result: { outcome: 'planned', plan } };
      }
      const restored = await restoreFull(config, request, reporter, signal, { tell });
      process.stderr.write(renderSummary('restore', restored.manifest, reporter.timings));
      const { manifest, loaded: _, ...result } = restored;
      return {
        exitCode: restored.notVerified.length === 0 ? EXIT.verified : EXIT.unverified,
        result: { ...describeSet(manifest), ...result, seconds: reporter.timings },
      };
    },

  rollback:
    (restoreId: string, confirmed: string | undefined): Verb =>
    async ({ reporter, signal }) => {
      const result = await rollback(restoreId, confirmed, reporter, signal);
      return {
        exitCode: result.notVerified.length === 0 ? EXIT.verified : EXIT.unverified,
        result: { ...result, seconds: reporter.timings },
      };
    },
};

/**
 * Reads the new set back at once (spec V2). The set is committed whatever happens here, so what keeps it from being
 * read back (a role that can only add, a stop, S3 out of order) makes it unverified, not a failure.
 */
async function verifyNew(
  config: Config,
  id: { kind: Kind; slot: Date },
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Outcome> {
  const bucket = openBucket(config.upload.attempts);
  try {
    const { folder, manifest } = await readCommitted(bucket, id);
    return outcomeOfVerification(
      await verifySet({ bucket, folder, manifest, config, reporter, signal }, undefined),
    );
  } catch (error) {
    return {
      exitCode: EXIT.unverified,
      result: { notVerified: [`the stored objects: ${whyUnread(error, signal)}`] },
    };
  }
}

function whyUnread(error: unknown, signal: AbortSignal): string {
  if (signal.reason instanceof StopError)
    return reason(signal.reason.leaving('the set is committed, read it back with verify'));
  if (error instanceof Error && isAccessDenied(error.cause)) return 'reading them is not allowed';
  return reason(error);
}

function outcomeOfVerification({
  outcome,
  depth,
  id,
  problems,
  objects,
  storedBytes,
}: Verification): Outcome {
  const result = { id, depth, objects, storedBytes, problems };
  return { exitCode: outcome === 'verified' ? EXIT.verified : EXIT.failed, result };
}

function describeSet(manifest: Manifest): Record<string, unknown> {
  const sum = (side: 'plain' | 'stored') =>
    manifest.objects.reduce((total, object) => total + object[side].bytes, 0);
  return {
    id: manifest.id,
    snapshotAt: manifest.snapshot.time,
    tables: manifest.tables.length,
    rows: manifest.tables.reduce((total, table) => total + BigInt(table.rows), 0n).toString(),
    objects: manifest.objects.length,
    plainBytes: sum('plain'),
    storedBytes: sum('stored'),
  };
}
