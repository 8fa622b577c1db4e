import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { OBJECT } from '../../core/names.ts';
import type { World } from './world.ts';

/** How things are broken: each function does one thing that happens to a system like this. */

/** Changes one byte in the middle of an object of the newest set of a kind. @param prefix of the kind: `daily/` */
export async function damageNewestSet({ s3, bucket }: World, prefix: string): Promise<void> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  const keys = Contents.map(({ Key = '' }) => Key).filter((key) => key.endsWith(`/${OBJECT.rest}`));
  const Key = keys.sort().at(-1);
  if (Key === undefined) throw new Error(`there is no set below ${prefix} to damage; correct the scenario`);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes, ChecksumAlgorithm: 'SHA256' }));
}

/** Damages the next set of a kind after it was made and before it is verified. */
export function damageNextSet(world: World, kind: string, prefix: string): void {
  world.hooks.beforeTask = async (_execution, state, input) => {
    if (state !== 'Verify' || !isOfKind(input, kind)) return;
    delete world.hooks.beforeTask;
    await damageNewestSet(world, prefix);
  };
}

/** Ends the task of the next backup of a kind, as a machine that goes away does, once it has begun to write its set. */
export function killNextBackup(world: World, kind: string): void {
  world.onTask = (task) => {
    const { command } = task;
    if (command[0] !== 'backup' || !command.includes(kind)) return;
    world.onTask = undefined;
    world.cloud.disturbS3(async ({ action, resource }) => {
      const begun = action === 's3:PutObject' && resource.includes(`:${world.bucket}/${kind}/`);
      if (!begun || resource.endsWith(`/${OBJECT.claim}`)) return undefined;
      task.kill();
      world.cloud.disturbS3(undefined);
      return 503;
    });
  };
}

/** Stops the next execution for a kind of set where it is about to verify, as an operator in the console does. */
export function stopNextExecution(world: World, kind: string): void {
  world.hooks.beforeTask = async (execution, state, input) => {
    if (state !== 'Verify' || !isOfKind(input, kind)) return;
    delete world.hooks.beforeTask;
    execution.abort();
  };
}

/** Answers 503 to whoever writes. */
export function refuseWrites(world: World): void {
  world.cloud.disturbS3(async ({ action }) => (action === 's3:PutObject' ? 503 : undefined));
}

/** Answers 503 to the function that retains, and to nobody else, where it looks for sets of a prefix. */
export function refuseRetention(world: World): void {
  world.cloud.disturbS3(async ({ action }, roleArn) =>
    roleArn.includes('Retention') && action === 's3:ListBucket' ? 503 : undefined,
  );
}

/** Begins an upload that nobody ends. */
export async function leaveUploadOpen({ s3, bucket }: World): Promise<void> {
  await s3.send(
    new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'daily/left-open/rest.dump.zst.gpg' }),
  );
}

function isOfKind(input: unknown, kind: string): boolean {
  return typeof input === 'object' && input !== null && 'kind' in input && input.kind === kind;
}
