import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { StorageError } from '../../core/errors/index.ts';
import { bucketName, s3 } from './bucket.ts';

/** An upload in parts that was begun and neither completed nor given up: its parts are billed, and seen by no listing. */
export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: Date;
}

/**
 * All of them, of any prefix. Takes s3:ListBucketMultipartUploads.
 * @throws StorageError when S3 refuses
 */
export async function openUploads(): Promise<OpenUpload[]> {
  const found: OpenUpload[] = [];
  let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const command = new ListMultipartUploadsCommand({ Bucket: bucketName(), ...after });
    const {
      Uploads = [],
      IsTruncated,
      NextKeyMarker,
      NextUploadIdMarker,
    } = await s3.send(command).catch((error: unknown) => {
      throw new StorageError('listing unfinished uploads', error);
    });
    for (const { Key, UploadId, Initiated } of Uploads)
      if (Key !== undefined && UploadId !== undefined && Initiated !== undefined)
        found.push({ key: Key, uploadId: UploadId, startedAt: Initiated });
    if (IsTruncated !== true) return found;
    after = { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker };
  }
}
