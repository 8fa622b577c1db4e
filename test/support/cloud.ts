import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { App } from 'aws-cdk-lib';
import { inject } from 'vitest';
import { type EnvironmentInput, parseEnvironment } from '../../core/environment.ts';
import { STORAGE_ENV, TARGET_API_ENV, TARGET_PREFIX } from '../../core/names.ts';
import { addEnvironment } from '../../lib/app.ts';
import { synthesize } from '../../local/cloud/assembly.ts';
import { type LocalCloud, startCloud } from '../../local/cloud/cloud.ts';
import { asProcess } from '../../local/cloud/engine-image.ts';
import type { ExecutionResult } from '../../local/cloud/execution.ts';
import { adoptDirectory } from '../../local/processes.ts';
import { type LocalS3, startS3 } from '../../local/s3.ts';
import { FLAGS } from './stacks.ts';

const ENVIRONMENT = 'staging';

/** The app as it would be deployed, on this machine, with a database to back up. */
export interface DeployedApp {
  readonly cloud: LocalCloud;
  /** Runs the backup workflow to its end. */
  backup(input: unknown, options?: Parameters<LocalCloud['start']>[2]): Promise<ExecutionResult>;
  start: (input: unknown, options?: Parameters<LocalCloud['start']>[2]) => ReturnType<LocalCloud['start']>;
  /** Runs the restore workflow to its end. */
  restore(input: unknown, options?: Parameters<LocalCloud['start']>[2]): Promise<ExecutionResult>;
  /** Puts a new value into a secret, as the team does. `name` is what follows the environment's name. */
  putSecret(name: string, value: string): Promise<void>;
  /** Keys below a prefix, each as often as it has versions. */
  versions(prefix: string): Promise<string[]>;
  readText(key: string): Promise<string>;
  readonly bucket: string;
  readonly s3: LocalS3;
  stop(): Promise<void>;
}

/** What a test may change of what is deployed. */
export interface DeployOptions {
  /**
   * The part `supabase` of the environment.
   * @default - the database is no Supabase project
   */
  readonly supabase?: EnvironmentInput['supabase'];
  /**
   * The part `drill` of the environment, where there is a project.
   * @default - as it is for everybody
   */
  readonly drill?: EnvironmentInput['drill'];
  /**
   * What functions and tasks get besides.
   * @default - nothing
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Synthesizes and deploys; takes half a minute, so a file of tests shares one. */
export async function deployApp(databaseUrl: string, options: DeployOptions = {}): Promise<DeployedApp> {
  const { publicKey } = inject('keys');
  const [assembly, s3] = await Promise.all([
    options.supabase === undefined ? synthesize(ENVIRONMENT) : synthesizeWith(options),
    startS3(),
  ]);
  const cloud = await startCloud({
    assembly,
    s3,
    secrets: {
      DATABASE_URL: databaseUrl,
      GPG_PUBLIC_KEY: publicKey,
      // a test that restores fills these
      TARGET_DATABASE_URL: undefined,
      GPG_PRIVATE_KEY: undefined,
      GPG_PASSPHRASE: undefined,
      ...UNFILLED_PROJECT,
    },
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    startImage: asProcess({
      PATH: process.env.PATH ?? '',
      BACKUP_POSTGRES_BINDIRS: inject('servers')[17].binDir,
    }),
  });
  const bucket = cloud.outputs[`VideoPlanetBackup-${ENVIRONMENT}-Vault`]?.BucketName ?? '';
  const client = s3.client();
  const start: DeployedApp['start'] = (input, options) =>
    cloud.start(`videoplanet-${ENVIRONMENT}-backup`, input, options);
  return {
    cloud,
    bucket,
    s3,
    start,
    backup: (input, options) => start(input, options).result,
    restore: (input, options) => cloud.start(`videoplanet-${ENVIRONMENT}-restore`, input, options).result,
    putSecret: (name, value) => cloud.putSecret(`videoplanet-backup/${ENVIRONMENT}/${name}`, value),
    async versions(prefix) {
      const { Versions = [] } = await client.send(
        new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }),
      );
      return Versions.map(({ Key = '' }) => Key);
    },
    async readText(key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await Body?.transformToString()) ?? '';
    },
    async stop() {
      await cloud.stop();
      await s3.stop();
    },
  };
}

/** Of secrets of projects, whose fields are given one by one. */
const UNFILLED_PROJECT: Readonly<Record<string, undefined>> = Object.fromEntries(
  [
    ...['', TARGET_PREFIX].flatMap((prefix) => Object.values(STORAGE_ENV).map((name) => `${prefix}${name}`)),
    ...Object.values(TARGET_API_ENV),
  ].map((name) => [name, undefined]),
);

/** The same app with a Supabase project, which no environment of the repository has. */
async function synthesizeWith({ supabase, drill }: DeployOptions): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), 'vpb-cdk-'));
  adoptDirectory(outdir);
  const app = new App({ outdir, context: FLAGS });
  const alertEmails = ['backup-alerts@videoplanet.example'];
  const config = parseEnvironment({ name: ENVIRONMENT, alertEmails, supabase, drill }, 'a test');
  addEnvironment(app, ENVIRONMENT, { [ENVIRONMENT]: config });
  return app.synth().directory;
}
