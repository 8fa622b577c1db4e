import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { NO_ANSWER_OF_S3 } from '../../../core/errors/index.ts';

/** What S3 says in every answer to these commands that it has carried out. */
const ALWAYS_SAID: Readonly<Record<string, string>> = {
  PutObjectCommand: 'ETag',
  UploadPartCommand: 'ETag',
  CompleteMultipartUploadCommand: 'ETag',
  CreateMultipartUploadCommand: 'UploadId',
  GetObjectCommand: 'ETag',
  HeadObjectCommand: 'ETag',
  CopyObjectCommand: 'CopyObjectResult.ETag',
  UploadPartCopyCommand: 'CopyPartResult.ETag',
  ListObjectsV2Command: 'IsTruncated',
};

/** The SDK takes any 200 for success: the page of a proxy would be an empty list, or an object that was stored. */
class NoAnswerOfS3 extends Error {
  override readonly name = NO_ANSWER_OF_S3;
  readonly $metadata: object;
  constructor($metadata: object) {
    super('the answer lacks what S3 always says');
    this.$metadata = $metadata;
  }
}

/** Makes the client refuse answers that cannot be S3's. */
export function refuseOtherAnswers(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const result = await next(args);
        const said = ALWAYS_SAID[commandName];
        const output = result.output as unknown as Record<string, unknown> & { $metadata: object };
        if (said === undefined || isSaid(output, said)) return result;
        if (output.Body instanceof Object && 'destroy' in output.Body) (output.Body.destroy as () => void)();
        throw new NoAnswerOfS3(output.$metadata);
      },
    { step: 'initialize', name: 'refuseOtherAnswers' },
  );
}

/** @param path names, from the outside in */
function isSaid(output: Record<string, unknown>, path: string): boolean {
  const within = (value: unknown, name: string) => (value as Record<string, unknown> | undefined)?.[name];
  return path.split('.').reduce(within, output) !== undefined;
}

const FIRST_PAUSE_MS = 250;

/**
 * Sends a conditional write until no other write to its key is under way: S3 answers 409 then, and asks for another try,
 * which the SDK does not make.
 * @param send makes one request; told whether one went before
 * @throws what the last request threw
 */
export async function whileInConflict<T>(
  client: S3Client,
  send: (again: boolean) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const attempts = await client.config.maxAttempts();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(attempt > 1);
    } catch (error) {
      if (!isConflict(error) || attempt >= attempts) throw error;
      await sleep(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal });
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalRequestConflict';
}
