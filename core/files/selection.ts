import { UsageError } from '../errors/index.ts';
import type { FileKey } from './entry.ts';

/** What of an inventory is brought back; nothing given means all. */
export interface FileSelection {
  readonly bucket?: string;
  /** A folder of the bucket. */
  readonly prefix?: string;
  /** `bucket/name`, one or several. */
  readonly file?: readonly string[];
}

/** A restore of files as it was asked for. */
export interface FilesRestoreRequest {
  readonly inventory: string;
  readonly at?: Date;
  readonly selection: FileSelection;
  readonly plan: boolean;
  readonly confirm?: string;
}

/** @throws UsageError when the parts do not go together */
export function checkRequest(request: FilesRestoreRequest): FilesRestoreRequest {
  const { inventory, at, selection } = request;
  const { bucket, prefix, file } = selection;
  if (at !== undefined && inventory !== 'latest')
    throw new UsageError(`--at goes with latest, and ${inventory} was given; leave one of them out`);
  if (prefix !== undefined && bucket === undefined)
    throw new UsageError('--prefix is a folder of a bucket; expected --bucket with it');
  if (file !== undefined && bucket !== undefined)
    throw new UsageError('--file names its bucket itself; expected it without --bucket and --prefix');
  for (const name of file ?? []) {
    if (!/^[^/]+\/./s.test(name)) throw new UsageError(`--file ${name} is no file; expected <bucket>/<name>`);
  }
  return request;
}

/** A folder with its slash, whether it was typed or not: `a` is not meant to take `ab/c`. */
const folderOf = (prefix: string) => (prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`);

export function selector({ bucket, prefix, file }: FileSelection): (key: FileKey) => boolean {
  if (file !== undefined) {
    const wanted = new Set(file);
    return (key) => wanted.has(`${key.bucket}/${key.name}`);
  }
  const folder = folderOf(prefix ?? '');
  return (key) => (bucket === undefined || key.bucket === bucket) && key.name.startsWith(folder);
}

/** For messages. */
export function describeSelection({ bucket, prefix, file }: FileSelection): string {
  if (file !== undefined) return `file ${file.join(', ')}`;
  if (bucket === undefined) return 'file';
  return `file in ${bucket}/${folderOf(prefix ?? '')}`;
}
