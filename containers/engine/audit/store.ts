import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { AuditListStore } from '../../../core/audit-read.ts';
import { StorageError } from '../../../core/errors/index.ts';
import { type Bucket, placeOf } from '../storage/bucket.ts';

/** The bucket as the audit log is read from it. */
export function auditStore(
  { client, name, getText, listFolders }: Bucket,
  signal: AbortSignal,
): AuditListStore {
  return { getText, listFolders, pages };

  async function* pages(prefix: string, after?: string) {
    for (let last = after; ; ) {
      signal.throwIfAborted();
      const command = new ListObjectsV2Command({ Bucket: name, Prefix: prefix, StartAfter: last });
      const { Contents = [], IsTruncated } = await client.send(command).catch((error: unknown) => {
        throw new StorageError(`listing ${placeOf(name, prefix)}`, error);
      });
      const page = Contents.flatMap(({ Key, LastModified }) =>
        Key === undefined || LastModified === undefined ? [] : [{ key: Key, modified: LastModified }],
      );
      yield page;
      last = page.at(-1)?.key;
      if (IsTruncated !== true || last === undefined) return;
    }
  }
}
