import { StorageError } from '../../core/errors/index.ts';
import { openBucket } from './bucket.ts';
import { logger } from './telemetry.ts';

/**
 * What a run of the engine wrote of itself. What cannot be read counts as not written, for it must not turn a run that has
 * done everything into one that failed: its exit code says how it ended.
 */
export async function resultText(key: string): Promise<string | undefined> {
  try {
    return await openBucket().getText(key);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    logger.warn('the result could not be read', { key, error });
    return undefined;
  }
}
