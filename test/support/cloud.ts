import { GetObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { synthesize } from '../../local/cloud/assembly.ts';
import { type LocalCloud, startCloud } from '../../local/cloud/cloud.ts';
import { asProcess } from '../../local/cloud/engine-image.ts';
import type { ExecutionResult } from '../../local/cloud/execution.ts';
import { type LocalS3, startS3 } from '../../local/s3.ts';

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

/** Synthesizes and deploys; takes half a minute, so a file of tests shares one. */
export async function deployApp(databaseUrl: string): Promise<DeployedApp> {
  const { publicKey } = inject('keys');
  const [assembly, s3] = await Promise.all([synthesize(ENVIRONMENT), startS3()]);
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
    },
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
