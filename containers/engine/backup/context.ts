import type { Config } from '../../../core/config.ts';
import type { SetId } from '../../../core/set-id.ts';
import type { DatabaseAddress } from '../database/url.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Sealer } from '../streams/seal.ts';
import type { Preflight } from './preflight.ts';

/** What every part of one backup run needs. */
export interface BackupRun extends Preflight {
  readonly id: SetId;
  readonly runId: string;
  readonly config: Config;
  readonly address: DatabaseAddress;
  readonly sealer: Sealer;
  readonly workers: number;
  /** How long sessions other than the coordinator's wait for a lock. */
  readonly lockWaitSeconds: number;
  readonly reporter: Reporter;
  readonly startedAt: Date;
  /** Folder of the set, with its trailing slash. */
  readonly folder: string;
  /** Put before the name of every object but the manifest; empty unless another run has used the plain names. */
  readonly namesBelow: string;
  /** Aborted when the run is stopped or any part of it has failed. */
  readonly signal: AbortSignal;
  /** Ends every other part of the run; the first cause stands. */
  fail(cause: unknown): void;
}
