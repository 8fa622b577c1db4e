import { PutObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { auditEventSchema, auditKey, auditText } from '../../core/audit.ts';
import { StorageError } from '../../core/errors/index.ts';
import { bucketName, isAlreadyThere, s3 } from '../common/bucket.ts';
import { parseEvent } from '../common/event.ts';
import { logger } from '../common/telemetry.ts';

/**
 * Adds a record to the audit copy that survives the database (spec M4). Written only if absent, so a record can be
 * added and never changed; one that is there already is the same one, written by an attempt whose answer was lost.
 * @throws StorageError when S3 refuses
 */
export async function handler(event: unknown): Promise<{ readonly key: string; readonly existing: boolean }> {
  const record = parseEvent(auditEventSchema, event);
  const key = auditKey(record);
  const existing = !(await putIfAbsent(key, auditText(record, new Date())));
  logger.info('audit record', { key, existing });
  return { key, existing };
}

async function putIfAbsent(key: string, text: string): Promise<boolean> {
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucketName(),
        Key: key,
        Body: text,
        ContentType: 'application/json',
        IfNoneMatch: '*',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && isAlreadyThere(error)) return false;
    throw new StorageError(`writing ${key}`, error);
  }
}
