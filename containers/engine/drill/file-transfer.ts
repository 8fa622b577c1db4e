import { createHash, randomBytes } from 'node:crypto';
import type { Check, Figure } from '../../../core/drill/report.ts';
import { figure, judged, notRun } from '../../../core/drill/verdict.ts';
import { reason } from '../../../core/errors/index.ts';
import {
  type Answer,
  ask,
  codeOf,
  isGood,
  keyHeaders,
  mayBeDone,
  NO_API,
  objectIn,
  type Question,
  wordsOf,
} from './ask-api.ts';
import type { DrillRun, TargetApi } from './context.ts';

const BYTES = 1024 * 1024;
/** For taking bucket and file away again, also in a drill that is being stopped. */
const CLEAN_UP_MS = 20_000;
const FILE = 'file.bin';

interface Throwaway {
  readonly bucket: string;
  /** Whether there may be something to take away. */
  bucketMade: boolean;
  fileMade: boolean;
}

interface Tried {
  readonly wrong?: string;
  readonly unknown?: string;
  readonly figures?: readonly Figure[];
}

/** Sends a file into the Storage of the restored project, has it back, and takes it away whatever happens (spec D3). */
export async function fileTransfer(run: DrillRun): Promise<Check> {
  const { api } = run;
  if (api === undefined) return notRun('file-transfer', NO_API);
  const bucket = `vpb-drill-${randomBytes(6).toString('hex')}`;
  const throwaway: Throwaway = { bucket, bucketMade: false, fileMade: false };
  let tried: Tried = {};
  let leftOver: string[] = [];
  try {
    tried = await transfer(run, api, throwaway);
  } finally {
    leftOver = await remove(api, throwaway);
  }
  const { wrong, unknown, figures } = tried;
  const listed = (text: string | undefined) => (text === undefined ? [] : [text]);
  return judged(
    'file-transfer',
    { wrong: listed(wrong), unknown: [...listed(unknown), ...leftOver] },
    figures ?? [],
  );
}

async function transfer(run: DrillRun, api: TargetApi, throwaway: Throwaway): Promise<Tried> {
  const { bucket } = throwaway;
  const asked = (question: Question) => ask(question, run);
  throwaway.bucketMade = true;
  const content = JSON.stringify({ id: bucket, name: bucket, public: false });
  const made = await asked(to(api, 'POST', '/bucket', { body: content, type: 'application/json' }));
  throwaway.bucketMade = mayBeDone(made);
  if (!isGood(made)) return { wrong: `making a bucket (POST /storage/v1/bucket) ${wordsOf(made, api)}` };
  const file = randomBytes(BYTES);
  throwaway.fileMade = true;
  const path = `/object/${bucket}/${FILE}`;
  const sent = await asked(to(api, 'POST', path, { body: file, type: 'application/octet-stream' }));
  throwaway.fileMade = mayBeDone(sent);
  if (!isGood(sent)) {
    const text = `uploading a file of ${BYTES} bytes ${wordsOf(sent, api)}`;
    return isTooLarge(sent) ? { unknown: text } : { wrong: text };
  }
  const got = await asked(to(api, 'GET', `/object/authenticated/${bucket}/${FILE}`));
  if (got.kind === 'lost' || !isGood(got))
    return { wrong: `downloading the file again ${wordsOf(got, api)}` };
  if (got.body.length !== BYTES || sha256(got.body) !== sha256(file))
    return {
      wrong: `the file reads back as ${got.body.length} bytes with SHA-256 ${sha256(got.body)}, expected ${BYTES} bytes with ${sha256(file)}`,
    };
  const upload = sent.kind === 'lost' ? [] : [figure('upload', sent.milliseconds, 'milliseconds')];
  return {
    figures: [
      ...upload,
      figure('download', got.milliseconds, 'milliseconds'),
      figure('bytes', BYTES, 'bytes'),
    ],
  };
}

function to(
  api: TargetApi,
  method: string,
  path: string,
  content?: { readonly body: string | Buffer<ArrayBuffer>; readonly type: string },
): Question {
  const headers = keyHeaders(api.serviceRoleKey);
  const url = `${api.url}/storage/v1${path}`;
  if (content === undefined) return { url, method, headers };
  return { url, method, headers: { ...headers, 'content-type': content.type }, body: content.body };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Storage writes its own status into answers that HTTP calls 400. */
const statusOf = (answer: Answer) =>
  Number(objectIn(answer).statusCode ?? (answer.kind === 'lost' ? 0 : answer.status));

const isTooLarge = (answer: Answer) => statusOf(answer) === 413 || codeOf(answer) === 'EntityTooLarge';

/** @returns what is left, in words */
async function remove(api: TargetApi, { bucket, bucketMade, fileMade }: Throwaway): Promise<string[]> {
  const signal = AbortSignal.timeout(CLEAN_UP_MS);
  const paths = [
    ...(fileMade ? [`/object/${bucket}/${FILE}`] : []),
    ...(bucketMade ? [`/bucket/${bucket}`] : []),
  ];
  const refusals: string[] = [];
  try {
    for (const path of paths) {
      const gone = await ask(to(api, 'DELETE', path), { signal });
      if (!isGood(gone) && statusOf(gone) !== 404)
        refusals.push(`DELETE /storage/v1${path} ${wordsOf(gone, api)}`);
    }
  } catch (error) {
    refusals.push(signal.aborted ? `no answer within ${CLEAN_UP_MS / 1000} seconds` : reason(error));
  }
  return refusals.length === 0
    ? []
    : [`the bucket ${bucket} may be left in the target: ${refusals[0]}; delete it under Storage`];
}
