/**
 * Does `aws s3 cp --recursive s3://BUCKET/PREFIX FOLDER --only-show-errors`, and nothing else: the one command of
 * RESTORE.md that is no standard program of a Linux system. The tests use the AWS CLI itself where it is installed;
 * requiring it everywhere would add 200 MB to the set-up for this one command.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';

const [s3, cp, recursive, from = '', to = '', quiet, ...more] = process.argv.slice(2);
const source = /^s3:\/\/([^/]+)\/(.*)$/.exec(from);
const understood = [s3, cp, recursive, quiet].join(' ') === 's3 cp --recursive --only-show-errors';
if (!understood || source === null || to === '' || more.length > 0) {
  process.stderr.write(`the stand-in for aws does not know: ${process.argv.slice(2).join(' ')}\n`);
  process.exit(252);
}
const [, Bucket = '', Prefix = ''] = source;
const client = new S3Client({ forcePathStyle: true });
for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
  for (const { Key = '' } of page.Contents ?? []) {
    const file = join(to, Key.slice(Prefix.length));
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, (await Body?.transformToByteArray()) ?? '');
  }
}
