import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import Table from 'cli-table3';
import { synthesize } from '../cloud/assembly.ts';
import { type LocalCloud, startCloud } from '../cloud/cloud.ts';
import { asProcess } from '../cloud/engine-image.ts';
import { makeKeyPair } from '../keys.ts';
import { type LocalPostgres, startPostgres } from '../postgres.ts';
import { type LocalS3, startS3 } from '../s3.ts';
import { loadSampleData } from '../sample/load.ts';
import { type LocalSlack, startSlack } from '../slack.ts';
import { holdDrill } from './drill.ts';
import type { EngineResult } from './engine.ts';
import { fingerprint, type TableFingerprint } from './fingerprint.ts';
import { megabytes, story } from './story.ts';
import { engineResult, runWorkflow, tellSlack, WorkflowEndedOtherwise } from './workflow.ts';

const DATABASE = 'videoplanet';
const ENVIRONMENT = 'production';
const BACKUP_WORKFLOW = `videoplanet-${ENVIRONMENT}-backup`;
const RESTORE_WORKFLOW = `videoplanet-${ENVIRONMENT}-restore`;
const DRILL_WORKFLOW = `videoplanet-${ENVIRONMENT}-drill`;
const SAMPLE_MEGABYTES = 60;
const REPORT_FOLDER = join(import.meta.dirname, '..', '..', '.local', 'demo');

/** Everything that was started, so that it ends however the demo ends. */
const started: { stop(): Promise<void> }[] = [];

/** The last first: what runs in the cloud takes back what it began before its S3 goes. */
async function stopAll(): Promise<void> {
  for (const each of started.splice(0).reverse()) await each.stop().catch(tellTrouble);
}

function tellTrouble(error: unknown): void {
  story.bad(error instanceof Error ? error.message : String(error));
}

async function demo(): Promise<void> {
  story.title('VideoPlanet Backup: a real database goes to S3, is destroyed, and comes back');
  // takes the longest, and needs nothing of the rest
  const synthesis = synthesize(ENVIRONMENT);
  // told where it is awaited
  synthesis.catch(() => undefined);
  const postgres = await story.step(
    'PostgreSQL 17 starts on this machine',
    () => startPostgres({ major: 17 }),
    (server) => `127.0.0.1:${server.port}`,
  );
  started.push(postgres);
  const s3 = await story.step('an AWS starts beside it', startS3, (server) => server.endpoint);
  started.push(s3);
  const keys = await story.step(
    'the team makes an OpenPGP key',
    () => makeKeyPair('videoplanet'),
    (pair) => pair.fingerprint,
  );
  await postgres.createDatabase(DATABASE);
  const url = postgres.url(DATABASE);
  await story.step(
    'VideoPlanet fills its database: users, projects, stories, scenarios …',
    () => loadSampleData(url, { megabytes: SAMPLE_MEGABYTES }),
    ({ tables, rows }) => `${tables} tables, ${rows.toLocaleString('en')} rows`,
  );
  const before = await fingerprint(url);
  const assembly = await story.step(
    `the app is synthesized: cdk synth -c env=${ENVIRONMENT}`,
    () => synthesis,
    () => 'two templates, twelve bundled functions',
  );
  const cloud = await story.step(
    'the templates are deployed to this machine: bucket, secrets, topic, table, workflows',
    () => deployHere(assembly, s3, postgres, { DATABASE_URL: url, GPG_PUBLIC_KEY: keys.publicKey }),
  );
  started.push(cloud);
  const slack = await story.step(
    'the team fills the other secrets, and its Slack channel listens',
    async () => {
      const channel = await startSlack();
      await fillSecrets(cloud, {
        'target-database-url': url,
        'gpg-private-key': keys.privateKey,
        // a secret cannot be empty, and this key has no passphrase
        'gpg-passphrase': 'none',
        'slack-webhook-url': channel.webhookUrl,
      });
      return channel;
    },
  );
  started.push(slack);
  const bucket = cloud.outputs[`VideoPlanetBackup-${ENVIRONMENT}-Vault`]?.BucketName ?? '';

  story.title('Backup');
  const made = await backUp(cloud);

  story.title('Disaster');
  await story.step(
    `somebody runs DROP DATABASE ${DATABASE}`,
    () => postgres.dropDatabase(DATABASE),
    () => 'every table is gone',
  );
  await failLoudly(cloud, slack);
  await postgres.createDatabase(DATABASE);

  story.title('Restore');
  const restored = await restore(cloud, slack);
  const after = await story.step('an independent look at every row, before against after', () =>
    fingerprint(url),
  );

  story.title('Drill');
  const page = await holdDrill(
    { cloud, machine: DRILL_WORKFLOW, slack },
    { s3, bucket, folder: join(REPORT_FOLDER, 'drill') },
  );
  await conclude(postgres, s3, bucket, { made, restored, before, after });
  story.plain(`  the report of the drill, for an auditor: ${page}\n`);
}

function deployHere(
  assembly: string,
  s3: LocalS3,
  postgres: LocalPostgres,
  secrets: Readonly<Record<string, string>>,
): Promise<LocalCloud> {
  return startCloud({
    assembly,
    s3,
    // those of restores are filled afterwards, as a team does it
    secrets: {
      ...secrets,
      TARGET_DATABASE_URL: undefined,
      GPG_PRIVATE_KEY: undefined,
      GPG_PASSPHRASE: undefined,
    },
    startImage: asProcess({ PATH: process.env.PATH ?? '', BACKUP_POSTGRES_BINDIRS: postgres.binDir }),
  });
}

/** The backup workflow as the schedule starts it; its tasks hold the public key only. */
async function backUp(cloud: LocalCloud): Promise<EngineResult> {
  return await story.step(
    'the daily backup workflow runs, from the template that would be deployed',
    async () => {
      const end = await runWorkflow(cloud, BACKUP_WORKFLOW, { kind: 'daily' });
      if (end.status !== 'SUCCEEDED') throw new WorkflowEndedOtherwise(BACKUP_WORKFLOW, 'SUCCEEDED', end);
      return engineResult(end, 'Backup');
    },
    describeBackup,
  );
}

/** The next backup finds no database: nobody may believe that it went well. */
async function failLoudly(cloud: LocalCloud, slack: LocalSlack): Promise<void> {
  await story.step(
    'the next backup finds no database',
    async () => {
      const before = slack.posted.length;
      const end = await runWorkflow(cloud, BACKUP_WORKFLOW, { kind: 'daily' });
      tellSlack(slack.posted.slice(before));
      const alert = cloud.publications.at(-1);
      if (end.status !== 'FAILED' || alert === undefined) {
        throw new WorkflowEndedOtherwise(BACKUP_WORKFLOW, 'FAILED and an alert', end);
      }
      return alert;
    },
    ({ subject, message }) => `the team has mail: ${subject}\n    ${message.split('\n')[0]}`,
  );
}

async function fillSecrets(cloud: LocalCloud, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values))
    await cloud.putSecret(`videoplanet-backup/${ENVIRONMENT}/${name}`, value);
}

/** The restore workflow as an operator starts it in the console: what would it do, and then the shortest input there is. */
async function restore(cloud: LocalCloud, slack: LocalSlack): Promise<EngineResult> {
  const run = async (input: Readonly<Record<string, unknown>>) => {
    const before = slack.posted.length;
    const end = await runWorkflow(cloud, RESTORE_WORKFLOW, input);
    tellSlack(slack.posted.slice(before));
    if (end.status !== 'SUCCEEDED') throw new WorkflowEndedOtherwise(RESTORE_WORKFLOW, 'SUCCEEDED', end);
    return engineResult(end, 'Restore');
  };
  const plan = { mode: 'full', plan: true };
  await story.step(
    `an operator asks the restore workflow what it would do: ${JSON.stringify(plan)}`,
    () => run(plan),
    () => 'nothing was changed',
  );
  const input = { mode: 'full' };
  return await story.step(`and starts it: ${JSON.stringify(input)}`, () => run(input), describeRestore);
}

function describeBackup(result: EngineResult): string {
  const ratio = (result.plainBytes / result.storedBytes).toFixed(1);
  return `${result.id}: ${megabytes(result.plainBytes)} became ${result.objects} encrypted objects of ${megabytes(result.storedBytes)} (1:${ratio})`;
}

function describeRestore(result: EngineResult): string {
  return `${result.tables} tables, ${Number(result.rows).toLocaleString('en')} rows, ${result.outcome} against the manifest`;
}

async function conclude(
  postgres: LocalPostgres,
  s3: LocalS3,
  bucket: string,
  run: { made: EngineResult; restored: EngineResult; before: TableFingerprint[]; after: TableFingerprint[] },
): Promise<void> {
  const { made, restored, before, after } = run;
  const table = new Table({
    head: ['table', 'rows', 'after restore'],
    colAligns: ['left', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  const same = before.map((was) =>
    after.some((is) => is.table === was.table && is.rows === was.rows && is.md5 === was.md5),
  );
  before.forEach(({ table: name, rows }, i) => {
    table.push([name, rows.toLocaleString('en'), same[i] ? 'identical' : 'DIFFERENT']);
  });
  story.plain(table.toString());
  const identical = same.every(Boolean) && before.length === after.length;
  const report = await writeReport(s3, bucket, made, {
    identical,
    before,
    after,
    backup: made,
    restore: restored,
    server: postgres.major,
  });
  story.title(identical ? 'What was destroyed is back, row for row' : 'What came back is not what was there');
  const seconds = (result: EngineResult) =>
    Object.values(result.seconds)
      .reduce((sum, part) => sum + part, 0)
      .toFixed(1);
  story.plain(
    `  backup ${seconds(made)} s · restore ${seconds(restored)} s (the measured RTO) · ${megabytes(made.storedBytes)} in s3://${bucket}`,
  );
  story.plain(`  report, manifest and the by-hand instructions: ${report}\n`);
  if (!identical) process.exitCode = 1;
}

/** Keeps what a person may want to look at after the servers are gone. @returns the folder */
async function writeReport(
  s3: LocalS3,
  bucket: string,
  made: EngineResult,
  report: unknown,
): Promise<string> {
  await mkdir(REPORT_FOLDER, { recursive: true });
  await writeFile(join(REPORT_FOLDER, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const folder = `daily/${made.id.replace('daily-', '')}`;
  for (const name of ['manifest.json', 'RESTORE.md']) {
    const { Body } = await s3
      .client()
      .send(new GetObjectCommand({ Bucket: bucket, Key: `${folder}/${name}` }));
    await writeFile(join(REPORT_FOLDER, name), (await Body?.transformToString()) ?? '');
  }
  return REPORT_FOLDER;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    story.bad(`stopped by ${signal}, cleaning up`);
    void stopAll().finally(() => process.exit(1));
  });
}
try {
  await demo();
} catch (error) {
  tellTrouble(error);
  process.exitCode = 1;
} finally {
  await stopAll();
}
