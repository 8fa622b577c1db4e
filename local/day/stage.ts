import type { S3Client } from '@aws-sdk/client-s3';
import { synthesize } from '../cloud/assembly.ts';
import { type LocalCloud, startCloud } from '../cloud/cloud.ts';
import type { FunctionCall } from '../cloud/perform.ts';
import { makeKeyPair } from '../keys.ts';
import { type LocalPostgres, startPostgres } from '../postgres.ts';
import { startS3 } from '../s3.ts';
import { loadSampleData } from '../sample/load.ts';
import { type LocalSlack, startSlack } from '../slack.ts';
import type { MovableClock } from './clock.ts';
import { type BegunTask, standBy } from './standby.ts';

export const ENVIRONMENT = 'production';
const DATABASE = 'videoplanet';
/** As little as holds a row of everything: what is looked at is who is told what, not how long a dump takes. */
const SAMPLE_MEGABYTES = 1;
/** Older than any set, and than the real clock: a key from the future is none, to gpg and to the engine alike. */
const KEY_MADE_AT = Date.UTC(2026, 0, 2);

/** The deployed app with all it talks to. */
export interface Stage {
  readonly cloud: LocalCloud;
  readonly postgres: LocalPostgres;
  readonly slack: LocalSlack;
  readonly s3: S3Client;
  readonly bucket: string;
  /** What the team's application does now and then: a few rows of every level change. */
  work(): Promise<void>;
}

/** Things that are stopped, the last first, however the day ends. */
export type Started = { stop(): Promise<void> }[];

/**
 * Sets up the day: servers, the app as it would be deployed, secrets, sample data.
 * @param beginning the instant everything believes it to be once it is set up
 * @param started takes what was started, as soon as it was
 * @param listeners are told of every call of a function and of every task
 */
export async function setStage(
  clock: MovableClock,
  beginning: number,
  started: Started,
  listeners: { onCall(call: FunctionCall): void; onTask(task: BegunTask): void },
): Promise<Stage> {
  // takes the longest, and needs nothing of the rest
  const synthesis = synthesize(ENVIRONMENT);
  // told where it is awaited
  synthesis.catch(() => undefined);
  clock.moveTo(KEY_MADE_AT);
  const keys = await makeKeyPair('videoplanet');
  clock.moveTo(beginning);
  const postgres = await startPostgres({ major: 17 });
  started.push(postgres);
  const s3 = await startS3();
  started.push(s3);
  await postgres.createDatabase(DATABASE);
  const url = postgres.url(DATABASE);
  await loadSampleData(url, { megabytes: SAMPLE_MEGABYTES });
  const image = { PATH: process.env.PATH ?? '', BACKUP_POSTGRES_BINDIRS: postgres.binDir };
  const standby = standBy(image, clock.environment, listeners.onTask);
  started.push(standby);
  const slack = await startSlack();
  started.push(slack);
  const cloud = await startCloud({
    assembly: await synthesis,
    s3,
    secrets: {
      DATABASE_URL: url,
      GPG_PUBLIC_KEY: keys.publicKey,
      TARGET_DATABASE_URL: undefined,
      GPG_PRIVATE_KEY: undefined,
      GPG_PASSPHRASE: undefined,
    },
    startImage: standby.startImage,
    environment: clock.environment,
    warm: true,
    onCall: listeners.onCall,
  });
  started.push(cloud);
  const secrets = {
    'gpg-private-key': keys.privateKey,
    // a secret cannot be empty, and this key has no passphrase
    'gpg-passphrase': 'none',
    'slack-webhook-url': slack.webhookUrl,
  };
  for (const [name, value] of Object.entries(secrets))
    await cloud.putSecret(`videoplanet-backup/${ENVIRONMENT}/${name}`, value);
  const bucket = cloud.outputs[`VideoPlanetBackup-${ENVIRONMENT}-Vault`]?.BucketName ?? '';
  return { cloud, postgres, slack, s3: s3.client(), bucket, work: () => changeRows(postgres) };
}

const CHANGES = `
  UPDATE public.projects SET updated_at = now() WHERE id IN (SELECT id FROM public.projects LIMIT 3);
  UPDATE public.prompts SET options = jsonb_build_object('at', now()) WHERE id IN (SELECT id FROM public.prompts LIMIT 3);`;

/** While the database is down, nothing changes. */
async function changeRows(postgres: LocalPostgres): Promise<void> {
  try {
    await postgres.psql(DATABASE, CHANGES);
  } catch (error) {
    if (!/Connection refused|No such file/.test(String(error))) throw error;
  }
}
