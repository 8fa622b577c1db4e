import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectLockConfigurationCommand,
  type PutObjectLockConfigurationCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import pg from 'pg';
import { inject } from 'vitest';
import { COMPILED } from '../../local/compiled.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'containers', 'engine', 'main.ts');

/** How one run of the engine ended. */
export interface EngineEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The JSON object of the last line of standard output. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever the verb says
  readonly result: any;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EngineRun {
  readonly child: ChildProcess;
  readonly end: Promise<EngineEnd>;
}

/** Starts the engine as a process of its own, with nothing of the test's environment but PATH and HOME. */
export function startEngine(args: readonly string[], env: Readonly<Record<string, string>>): EngineRun {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  return startProcess(process.execPath, [MAIN, ...args], {
    PATH,
    HOME,
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    ...COMPILED,
    ...env,
  });
}

/** Starts a program that says what the engine says, with exactly this environment. */
export function startProcess(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): EngineRun {
  const child = spawn(file, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const end = new Promise<EngineEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      resolve({ exitCode, signal, stdout, stderr, result: lastLine(stdout) });
    });
  });
  return { child, end };
}

export function engine(args: readonly string[], env: Readonly<Record<string, string>>): Promise<EngineEnd> {
  return startEngine(args, env).end;
}

function lastLine(stdout: string): unknown {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line);
  } catch {
    return { unreadable: stdout };
  }
}

/** A bucket of its own on the shared S3. */
export interface TestBucket {
  readonly name: string;
  readonly client: S3Client;
  readonly env: Record<string, string>;
  keys(prefix?: string): Promise<string[]>;
  openUploads(): Promise<number>;
}

/** @param locked with Object Lock and a default retention, as the vault's bucket has */
export async function makeBucket({ locked = false } = {}): Promise<TestBucket> {
  const { endpoint, env } = inject('s3');
  const name = `test-${randomUUID()}`;
  const client = new S3Client({
    endpoint,
    region: env.AWS_REGION ?? '',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    forcePathStyle: true,
  });
  await client.send(
    new CreateBucketCommand({
      Bucket: name,
      CreateBucketConfiguration: { LocationConstraint: 'ap-northeast-2' },
      ObjectLockEnabledForBucket: locked,
    }),
  );
  if (locked) await client.send(new PutObjectLockConfigurationCommand(retention(name)));
  return {
    name,
    client,
    env: { ...env, BACKUP_BUCKET: name },
    keys: async (prefix = '') => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: name, Prefix: prefix }));
      return Contents.map((object) => object.Key ?? '');
    },
    openUploads: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: name }));
      return Uploads.length;
    },
  };
}

function retention(Bucket: string): PutObjectLockConfigurationCommandInput {
  const DefaultRetention = { Mode: 'GOVERNANCE', Days: 7 } as const;
  return { Bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } } };
}

/** A new, empty database on the shared server of a version. */
export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  query(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
}

export async function makeDatabase(major: 15 | 17, options = ''): Promise<TestDatabase> {
  const server = inject('servers')[major];
  const name = `db_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  await withClient(server.url, (client) => client.query(`CREATE DATABASE ${name} ${options}`));
  const url = databaseUrl(server.url, name);
  return { name, url, query: (sql, values) => withClient(url, (client) => client.query(sql, values)) };
}

/** The same server, another database. */
export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The clients of one version, or of all that are installed. */
export function clientsEnv(...majors: (15 | 17)[]): Record<string, string> {
  const servers = inject('servers');
  return { BACKUP_POSTGRES_BINDIRS: majors.map((major) => servers[major].binDir).join(':') };
}

/** Everything a run on these parts needs; with the private key, so that it can restore. */
export function engineEnv(
  bucket: TestBucket,
  source: { url: string },
  target?: { url: string },
): Record<string, string> {
  const keys = inject('keys');
  return {
    ...bucket.env,
    ...clientsEnv(15, 17),
    DATABASE_URL: source.url,
    ...(target === undefined ? {} : { TARGET_DATABASE_URL: target.url }),
    GPG_PUBLIC_KEY: keys.publicKey,
    GPG_PRIVATE_KEY: keys.privateKey,
  };
}

/** Writes a configuration file. @returns the environment that names it */
export async function configEnv(config: unknown): Promise<Record<string, string>> {
  const file = join(await mkdtemp(join(tmpdir(), 'vpb-config-')), 'config.json');
  await writeFile(file, JSON.stringify(config));
  return { BACKUP_CONFIG: file };
}

/** Small tables are sliced too, so that a test of a few megabytes goes every way a large database goes. */
export const SLICE_EVERYTHING = {
  backup: { workers: 3, slicing: { thresholdMiB: 0.1, minSliceMiB: 0.5, maxSliceMiB: 4 } },
};
