import type { Config } from '../../../core/config.ts';
import type { Manifest } from '../../../core/manifest.ts';
import type { Overlay } from '../../../core/point-in-time.ts';
import type { TableName } from '../../../core/table-names.ts';
import type { DatabaseAddress } from '../database/url.ts';
import type { Clients } from '../programs/clients.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Opener } from '../streams/open.ts';
import type { Project, Sandbox } from '../supabase/project.ts';

/** An overlay, and what its objects are read with. */
export interface OverlaySource extends Overlay {
  readonly opener: Opener;
}

/** Rows of one table that referred, by one foreign key, to rows that are not there. */
export interface Reconciled {
  readonly table: TableName;
  readonly constraint: string;
  readonly parent: string;
  /** Taken out of the table, or left in it with the reference set to null. */
  readonly way: 'moved' | 'set null';
  readonly rows: number;
  /** The table that holds them as they were. */
  readonly keptIn: string;
  /** Primary keys of the first of them. */
  readonly keys: readonly Readonly<Record<string, string | null>>[];
}

/** What every part of one restore needs. */
export interface RestoreRun {
  readonly manifest: Manifest;
  readonly config: Config;
  readonly opener: Opener;
  /** Rows of other sets that take the place of some of this one; `manifest` says what is to be there in the end. */
  readonly overlays: readonly OverlaySource[];
  /** What had to give way for keys that span sets. */
  readonly reconciled: Reconciled[];
  readonly clients: Clients;
  /** Of the target's own version, to read back what was restored. */
  readonly targetClients: Clients;
  /** The database that is written to: the target itself, or the new one that will take its place. */
  readonly target: DatabaseAddress;
  readonly targetMajor: number;
  /** Tablespaces the set names and the target's server lacks. */
  readonly missingTablespaces: string[];
  /** The Supabase project that is restored into; nothing for other databases. */
  readonly project: Project | undefined;
  /** Where the set is of a project, and the target is none. */
  readonly sandbox: Sandbox | undefined;
  /** Jobs of pg_cron that were on in the source and are off here, with what turns each on. */
  readonly jobsLeftOff: { readonly job: string; readonly sql: string }[];
  /** Headings of the archive's grants that a project took in part. */
  readonly grantsRefused: Set<string>;
  /** Roles this restore has made. */
  readonly createdRoles: Set<string>;
  readonly workers: number;
  /** Only what the archives of the structure hold: for a database to compare another one with. */
  readonly structureOnly?: boolean;
  /** Whoever asked for the restore compares what came back itself, and wants it left there if it is wrong. */
  readonly provedByCaller: boolean;
  readonly reporter: Reporter;
  /** Private directory for the schema archive; the data never touches a disk of ours. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Ends every other part of the run; the first cause stands. */
  fail(cause: unknown): void;
}

/** What reading the archives of a set needs of a run. */
export type ArchiveRun = Pick<
  RestoreRun,
  'manifest' | 'opener' | 'clients' | 'missingTablespaces' | 'scratch' | 'signal'
> & { readonly project?: Project | undefined; readonly sandbox?: Sandbox | undefined };
