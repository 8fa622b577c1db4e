import { FaultError } from './base.ts';
import { reason } from './fault.ts';

/** S3 refused or broke off, after all retries. */
export class StorageError extends FaultError {
  override readonly name = 'StorageError';
  constructor(doing: string, cause: unknown) {
    const { got, todo } = s3Answer(cause);
    super(
      `S3 failed while ${doing}: ${got}; ${todo ?? "check the endpoint and the service's health, then start again"}`,
      { cause },
    );
  }
}

/** What the errors of the AWS SDK carry; a lost connection has nothing of it. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  /** In answers about a signature of another region. */
  readonly Region?: string;
}

/** The SDK's name for an answer without a body, as every refusal of a HEAD request is. */
const NAMELESS = /^(Unknown|UnknownError|Error|S3ServiceException)$/;

const TODO_LATER = 'the service is overloaded: start again later, or with fewer backup.workers';
const TODO_BY_NAME: Readonly<Record<string, string>> = {
  InvalidObjectState: 'the object is in an archive class: thaw it first',
  RequestTimeTooSkewed: 'set the clock of this machine',
};
const TODO_BY_STATUS: Readonly<Record<number, string>> = {
  301: 'the bucket is in another region: set AWS_REGION to its own',
  403: 'check the credentials, and what their policy and that of the bucket allow',
  409: 'another write to the same key is under way: start again when it has ended',
  429: TODO_LATER,
  503: TODO_LATER,
};

/** What S3 answered to a request, in words, and what to do about it where that is known. */
export function s3Answer(cause: unknown): { got: string; todo: string | undefined } {
  if (!(cause instanceof Error)) return { got: reason(cause), todo: undefined };
  const { $metadata, $response, name, message, Region }: SdkError = cause;
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return { got: reason(cause), todo: undefined };
  const { 'content-type': type, 'x-amz-bucket-region': region = Region } = $response?.headers ?? {};
  if (name === NO_ANSWER_OF_S3 || message.includes('Deserialization error'))
    return {
      got: `${status}${type === undefined ? '' : `, ${type}`}, which is no answer of S3`,
      todo: 'check AWS_ENDPOINT_URL_S3, and a proxy or login page that may answer in its place',
    };
  const attempts = $metadata?.attempts ?? 1;
  const said = message === '' || NAMELESS.test(message) ? 'it gave no reason' : reason(cause);
  const answered = NAMELESS.test(name) ? `${status}` : `${status} ${name}`;
  const got = `${said} (${answered}${attempts > 1 ? `, after ${attempts} attempts` : ''})`;
  if (region !== undefined && [301, 307, 400].includes(status)) {
    // 400 is also the answer to credentials that have expired
    const otherwise = status === 400 ? ', and where it is, renew the credentials' : '';
    return { got, todo: `the bucket is in region ${region}: set AWS_REGION to it${otherwise}` };
  }
  return { got, todo: TODO_BY_NAME[name] ?? TODO_BY_STATUS[status] };
}

/** Name of the error for an answer that says it went well, but lacks what S3 always says. */
export const NO_ANSWER_OF_S3 = 'NoAnswerOfS3';

/** The same as one phrase. */
export function s3AnswerText(cause: unknown): string {
  const { got, todo } = s3Answer(cause);
  return todo === undefined ? got : `${got}; ${todo}`;
}
