import { setTimeout as sleep } from 'node:timers/promises';
import { ListObjectsV2Command, PutObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { auditKey, auditText } from '../../core/audit.ts';
import { type AuditStore, appendRecord } from '../../core/audit-append.ts';
import { auditEventOf, auditSourceSchema } from '../../core/audit-sources.ts';
import { StorageError } from '../../core/errors/index.ts';
import { bucketName, openBucket, s3 } from '../common/bucket.ts';
import { parseEvent } from '../common/event.ts';
import { logger } from '../common/telemetry.ts';

/**
 * Adds a record to the audit copy that survives the database (spec M4), and chains it to all that came before. Written only
 * if absent, so a record can be added and never changed; one that is there already is the same one, written by an attempt
 * whose answer was lost.
 * @throws StorageError when S3 refuses
 */
export async function handler(event: unknown): Promise<{ readonly key: string; readonly existing: boolean }> {
  const record = auditEventOf(parseEvent(auditSourceSchema, event));
  const key = auditKey(record);
  const { existing, settled } = await appendRecord(openStore(), key, auditText(record, new Date()), {
    now: () => new Date(),
    pause: (milliseconds) => sleep(milliseconds),
  });
  if (settled) logger.info('audit record', { key, existing });
  else logger.warn('audit record is in the chain only, until the next is written', { key });
  return { key, existing };
}

function openStore(): AuditStore {
  const bucket = bucketName();
  return {
    getText: openBucket().getText,
    firstKeys: (prefix, most) => firstKeys(bucket, prefix, most),
    putIfAbsent: (key, text) => putIfAbsent(bucket, key, text),
  };
}

async function firstKeys(bucket: string, prefix: string, most: number): Promise<string[]> {
  try {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: most });
    const { Contents = [] } = await s3.send(command);
    return Contents.flatMap(({ Key }) => Key ?? []);
  } catch (error) {
    throw new StorageError(`listing ${prefix}`, error);
  }
}

async function putIfAbsent(
  bucket: string,
  key: string,
  text: string,
): Promise<'written' | 'taken' | 'conflict'> {
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: text,
        ContentType: 'application/json',
        IfNoneMatch: '*',
      }),
    );
    return 'written';
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return 'taken';
    if (error instanceof S3ServiceException && error.name === 'ConditionalRequestConflict') return 'conflict';
    throw new StorageError(`writing ${key}`, error);
  }
}
