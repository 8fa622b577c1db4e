import type { Config } from '../../../core/config.ts';
import type { DrillTarget } from '../../../core/drill/report.ts';
import type { Manifest } from '../../../core/manifest.ts';
import type { DatabaseAddress } from '../database/url.ts';
import type { DecryptingKeyring } from '../programs/gpg.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { LoadedSet } from '../restore/load.ts';
import type { Bucket } from '../storage/bucket.ts';

/** What every check of one drill may need. The restore is done; nothing here changes the restored tables. */
export interface DrillRun {
  readonly id: string;
  readonly config: Config;
  readonly bucket: Bucket;
  readonly keyring: DecryptingKeyring;
  /** Folder of the restored set in the bucket, with its trailing slash. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** The restored database. */
  readonly target: DatabaseAddress;
  readonly targetKind: DrillTarget;
  /** API of the target, where it has one. */
  readonly api: TargetApi | undefined;
  /** What the restore knows to be missing or otherwise; nothing where the drill has not restored. */
  readonly loaded: LoadedSet | undefined;
  readonly workers: number;
  /** A private directory. */
  readonly scratch: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** The API of a Supabase project. */
export interface TargetApi {
  /** `https://<ref>.supabase.co`, without a slash at its end. */
  readonly url: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
}
