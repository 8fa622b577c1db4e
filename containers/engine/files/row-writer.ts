import pg from 'pg';
import { databaseFailure } from '../../../core/errors/index.ts';
import type { StoredFile } from '../../../core/files/entry.ts';
import { connect } from '../database/connect.ts';
import type { DatabaseAddress } from '../database/url.ts';
import { type BucketRow, currentOnly, type StorageRows } from './rows.ts';

const BATCH = 200;

/** Puts into the rows what an upload cannot: owners and times. */
export class RowWriter implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #columns: StorageRows['columns'];
  /** Whether triggers can be silenced; where not, updated_at is the time of the restore. */
  readonly exact: boolean;
  #pending: StoredFile[] = [];
  #before: Promise<void> = Promise.resolve();
  #lost = 0;

  private constructor(client: pg.Client, columns: StorageRows['columns'], exact: boolean) {
    this.#client = client;
    this.#columns = columns;
    this.exact = exact;
  }

  static async open(
    address: DatabaseAddress,
    { columns }: StorageRows,
    signal: AbortSignal,
  ): Promise<RowWriter> {
    const client = await connect(address, signal);
    await client.query('BEGIN');
    const exact = await client.query(SILENT).then(
      () => true,
      () => false,
    );
    await client.query('ROLLBACK');
    return new RowWriter(client, columns, exact);
  }

  /** Files whose row was gone when it was to be completed. */
  get lost(): number {
    return this.#lost;
  }

  /** Makes the buckets that are not there, with all settings this version of Storage knows. */
  async createBuckets(buckets: readonly BucketRow[]): Promise<void> {
    for (const bucket of buckets) {
      const columns = Object.keys(bucket).filter((name) => this.#columns.buckets.has(name));
      const list = columns.map((name) => pg.escapeIdentifier(name)).join(', ');
      const sql = `INSERT INTO storage.buckets (${list})
        SELECT ${list} FROM pg_catalog.jsonb_populate_record(NULL::storage.buckets, $1) ON CONFLICT DO NOTHING`;
      await this.#client.query(sql, [bucket]).catch((error: unknown) => {
        throw databaseFailure(`making bucket ${bucket.id}`, error);
      });
    }
  }

  async add(file: StoredFile): Promise<void> {
    this.#pending.push(file);
    if (this.#pending.length >= BATCH) await this.flush();
  }

  /** One after the other: a session has one transaction at a time. */
  flush(): Promise<void> {
    const files = this.#pending.splice(0);
    const writing = this.#before.then(() => this.#write(files));
    this.#before = writing.catch(() => undefined);
    return writing;
  }

  async #write(files: readonly StoredFile[]): Promise<void> {
    if (files.length === 0) return;
    try {
      await this.#client.query('BEGIN');
      if (this.exact) await this.#client.query(SILENT);
      const { rowCount } = await this.#client.query(updateSql(this.#columns.objects), [
        JSON.stringify(files),
      ]);
      await this.#client.query('COMMIT');
      this.#lost += files.length - (rowCount ?? 0);
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => undefined);
      throw databaseFailure('putting owners and times into the rows', error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }
}

const SILENT = 'SET LOCAL session_replication_role = replica';

/** Columns of the row, the member of a line that goes there, and its type. */
const WRITTEN = [
  ['owner', 'owner', 'uuid'],
  ['owner_id', 'ownerId', 'text'],
  ['created_at', 'createdAt', 'timestamptz'],
  ['updated_at', 'updatedAt', 'timestamptz'],
  ['user_metadata', 'userMetadata', 'jsonb'],
] as const;

function updateSql(columns: ReadonlySet<string>): string {
  const written = WRITTEN.filter(([column]) => columns.has(column));
  const sets = written.map(([column, member, type]) => `${column} = (f ->> '${member}')::${type}`).join(', ');
  return `UPDATE storage.objects o SET ${sets} FROM pg_catalog.jsonb_array_elements($1) AS f
    WHERE o.bucket_id = f ->> 'bucket' AND o.name = f ->> 'name' ${currentOnly(columns)}`;
}
