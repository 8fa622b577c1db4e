import type { IncomingHttpHeaders } from 'node:http';

/** One thing a request to S3 asks for, as policies speak of it. */
export interface S3Ask {
  /** Such as `s3:GetObject`. */
  readonly action: string;
  /** ARN of the bucket or the object. */
  readonly resource: string;
  /** Condition keys that the request itself gives a value. */
  readonly context: Readonly<Record<string, string>>;
}

/** A request as the gate sees it; `body` only where `needsBody` says that it tells something. */
export interface S3Request {
  readonly method: string;
  /** Path and query, bucket first. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body?: string;
}

/** Method and what the query names, and the action they mean; the first that fits. */
type Row = readonly [method: string, named: string | undefined, action: string];

const OF_BUCKETS: readonly Row[] = [
  ['GET', 'versions', 's3:ListBucketVersions'],
  ['GET', 'uploads', 's3:ListBucketMultipartUploads'],
  ['GET', 'location', 's3:GetBucketLocation'],
  ['GET', 'list-type', 's3:ListBucket'],
  ['HEAD', undefined, 's3:ListBucket'],
];

const OF_OBJECTS: readonly Row[] = [
  ['GET', 'tagging', 's3:GetObjectTagging'],
  ['GET', 'uploadId', 's3:ListMultipartUploadParts'],
  ['GET', 'versionId', 's3:GetObjectVersion'],
  ['HEAD', 'versionId', 's3:GetObjectVersion'],
  ['GET', undefined, 's3:GetObject'],
  ['HEAD', undefined, 's3:GetObject'],
  ['PUT', 'tagging', 's3:PutObjectTagging'],
  ['PUT', undefined, 's3:PutObject'],
  ['POST', 'uploads', 's3:PutObject'],
  ['POST', 'uploadId', 's3:PutObject'],
  ['POST', 'restore', 's3:RestoreObject'],
  ['DELETE', 'uploadId', 's3:AbortMultipartUpload'],
  ['DELETE', 'versionId', 's3:DeleteObjectVersion'],
  ['DELETE', undefined, 's3:DeleteObject'],
];

/** Whether the body of a request says what it asks for. */
export function needsBody({ method, url }: S3Request): boolean {
  return method === 'PUT' && parsed(url).query.has('tagging');
}

/** Header by which a request says that what it stores is in S3 already. */
const COPY_SOURCE = 'x-amz-copy-source';

/** Whether S3 is asked to copy an object, or a part of one. */
export function isCopy({ method, headers }: S3Request): boolean {
  return method === 'PUT' && headers[COPY_SOURCE] !== undefined;
}

/**
 * All that a request asks for: a copy is also a reading of its source, and of the source's tags unless it does without.
 * @returns undefined for one that is in no table: nobody here needs it, so nobody is allowed it
 */
export function asksOf(request: S3Request): readonly S3Ask[] | undefined {
  const ask = askOf(request);
  if (ask === undefined || !isCopy(request)) return ask && [ask];
  const { bucket, key } = parsed(`/${String(request.headers[COPY_SOURCE]).replace(/^\//, '')}`);
  const source = `arn:aws:s3:::${bucket}/${key}`;
  const copiesTags = !isPart(request) && request.headers['x-amz-tagging-directive'] !== 'REPLACE';
  const actions = ['s3:GetObject', ...(copiesTags ? ['s3:GetObjectTagging'] : [])];
  return [...actions.map((action) => ({ action, resource: source, context: {} })), ask];
}

function isPart({ url }: S3Request): boolean {
  return parsed(url).query.has('partNumber');
}

function askOf(request: S3Request): S3Ask | undefined {
  const { bucket, key, query } = parsed(request.url);
  const table = key === '' ? OF_BUCKETS : OF_OBJECTS;
  const row = table.find(
    ([method, named]) => method === request.method && (named === undefined || query.has(named)),
  );
  if (row === undefined) return undefined;
  const [, , action] = row;
  const resource = `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`;
  return { action, resource, context: contextOf(request, action, query) };
}

function contextOf(
  { method, headers, body = '' }: S3Request,
  action: string,
  query: URLSearchParams,
): Record<string, string> {
  const header = (key: string, name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? { [key]: value } : {};
  };
  if (action === 's3:PutObjectTagging') return tagsOf(body);
  const prefix = query.get('prefix');
  if (action === 's3:ListBucket') return prefix === null ? {} : { 's3:prefix': prefix };
  if (action !== 's3:PutObject') return {};
  // beginning an upload and sending a part of it make no object; completing it does
  const makesObject = !query.has('uploads') && !(method === 'PUT' && query.has('partNumber'));
  return {
    's3:ObjectCreationOperation': String(makesObject),
    ...header('s3:if-none-match', 'if-none-match'),
    ...header('s3:x-amz-server-side-encryption', 'x-amz-server-side-encryption'),
  };
}

function tagsOf(body: string): Record<string, string> {
  const tags = body.matchAll(/<Tag><Key>([^<]*)<\/Key><Value>([^<]*)<\/Value><\/Tag>/g);
  return Object.fromEntries([...tags].map(([, key, value = '']) => [`s3:RequestObjectTag/${key}`, value]));
}

function parsed(url: string): { bucket: string; key: string; query: URLSearchParams } {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [bucket = '', ...key] = pathname.slice(1).split('/');
  return { bucket, key: decodeURIComponent(key.join('/')), query: searchParams };
}
