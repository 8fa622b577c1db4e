import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { LocalCloud } from '../cloud/cloud.ts';
import type { LocalS3 } from '../s3.ts';
import type { LocalSlack } from '../slack.ts';
import { story } from './story.ts';
import { runWorkflow, tellSlack, WorkflowEndedOtherwise } from './workflow.ts';

const PREFIX = 'drills/';

/** The drill as its schedule starts it, and the evidence it leaves. @returns the page that a person reads */
export async function holdDrill(
  { cloud, machine, slack }: { cloud: LocalCloud; machine: string; slack: LocalSlack },
  { s3, bucket, folder }: { s3: LocalS3; bucket: string; folder: string },
): Promise<string> {
  await story.step(
    'the monthly drill runs: restored into a server of its own, looked at, measured, removed',
    async () => {
      const before = slack.posted.length;
      const end = await runWorkflow(cloud, machine, {});
      tellSlack(slack.posted.slice(before));
      if (end.status !== 'SUCCEEDED') throw new WorkflowEndedOtherwise(machine, 'SUCCEEDED', end);
    },
    () => 'everything verified, and signed with the key of the team',
  );
  const client = s3.client();
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: PREFIX }));
  await mkdir(folder, { recursive: true });
  for (const { Key = '' } of Contents) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    await writeFile(join(folder, Key.split('/').at(-1) ?? ''), (await Body?.transformToString()) ?? '');
  }
  return join(folder, 'report.html');
}
