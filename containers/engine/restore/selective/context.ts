import type pg from 'pg';
import type { CatalogEntry } from '../../../../core/catalog.ts';
import type { Manifest } from '../../../../core/manifest.ts';
import type { DatabaseAddress } from '../../database/url.ts';
import type { Clients } from '../../programs/clients.ts';
import type { Reporter } from '../../progress/reporter.ts';
import type { Opener } from '../../streams/open.ts';

/** What every part of a restore of tables or rows needs. */
export interface SelectiveRun {
  /** The set as the catalogue has it. */
  readonly entry: CatalogEntry & { readonly manifest: Manifest };
  readonly manifest: Manifest;
  readonly opener: Opener;
  /** Of the set's version or newer, to read its archives. */
  readonly clients: Clients;
  readonly target: DatabaseAddress;
  /** Name of the target database. */
  readonly database: string;
  /**
   * The one session that stages, compares and writes. What is staged lies in its temporary tables: invisible to others,
   * in no backup, and gone with the session, whatever ends it.
   */
  readonly client: pg.Client;
  /** Objects of the set that have been seen not to be archived, by key. */
  readonly readable: Set<string>;
  /** How long the run may take. */
  readonly limitMinutes: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}
