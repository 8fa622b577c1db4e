import {
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  type ObjectVersion,
} from '@aws-sdk/client-s3';
import { auditKeyTime } from '../../core/audit.ts';
import { staleUploads } from '../../core/cost/guard-leaks.ts';
import { StorageError } from '../../core/errors/index.ts';
import { PREFIX } from '../../core/names.ts';
import { bucketName, s3 } from '../common/bucket.ts';
import { type OpenUpload, openUploads } from '../common/uploads.ts';

const DAY_MS = 86_400_000;
const GB = 1024 ** 3;

/** Days since the first record: records are never removed, and their keys begin with the day. 0 where there is none. */
export async function ageDays(now: Date): Promise<number> {
  const command = new ListObjectsV2Command({ Bucket: bucketName(), Prefix: `${PREFIX.audit}/2`, MaxKeys: 1 });
  const { Contents = [] } = await s3.send(command).catch((error: unknown) => {
    throw new StorageError('listing the first audit record', error);
  });
  const first = auditKeyTime(Contents[0]?.Key ?? '');
  return first === undefined ? 0 : Math.max(0, (now.getTime() - first.getTime()) / DAY_MS);
}

/** So many are looked into: each is a request, and the oldest are what matters. */
const LOOKED_INTO = 5;

/** Uploads that no run can still be at, and what the oldest of them hold. */
export async function leftUploads(
  longestMinutes: number,
  now: Date,
): Promise<{ uploads: readonly OpenUpload[]; bytes: number | null }> {
  const uploads = staleUploads(await openUploads(), longestMinutes, now);
  const sizes = await Promise.all(uploads.slice(0, LOOKED_INTO).map(bytesOf));
  const known = sizes.filter((size) => size !== undefined);
  return { uploads, bytes: known.length === 0 ? null : known.reduce((a, b) => a + b, 0) };
}

/** Of its first thousand parts. Nothing where it was ended meanwhile. */
async function bytesOf({ key, uploadId }: OpenUpload): Promise<number | undefined> {
  try {
    const command = new ListPartsCommand({ Bucket: bucketName(), Key: key, UploadId: uploadId });
    const { Parts = [] } = await s3.send(command);
    return Parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchUpload') return undefined;
    throw new StorageError(`listing the parts of ${key}`, error);
  }
}

const WEEK_DAYS = 7;
/** 200,000 versions, for a tenth of a cent: what is beyond is not counted, and that is said. */
const MOST_PAGES = 200;
const NOTABLE_GB = 0.1;
const LISTED = 4;

/** What came to each prefix within a week, the most first: asked for only when the bucket has doubled. */
export async function grownPrefixes(now: Date): Promise<string[]> {
  const since = now.getTime() - WEEK_DAYS * DAY_MS;
  const bytes = new Map<string, number>();
  let pages = 0;
  for await (const versions of versionPages()) {
    for (const { Key = '', Size = 0, LastModified } of versions) {
      if (LastModified === undefined || LastModified.getTime() < since) continue;
      const prefix = `${Key.split('/')[0]}/`;
      bytes.set(prefix, (bytes.get(prefix) ?? 0) + Size);
    }
    pages += 1;
    if (pages === MOST_PAGES) break;
  }
  return [...bytes]
    .sort(([, a], [, b]) => b - a)
    .filter(([, size]) => size / GB >= NOTABLE_GB)
    .slice(0, LISTED)
    .map(([prefix, size]) => `${prefix} ${pages === MOST_PAGES ? '≥ ' : ''}${(size / GB).toFixed(1)} GB`);
}

async function* versionPages(): AsyncGenerator<readonly ObjectVersion[]> {
  let after: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const command = new ListObjectVersionsCommand({ Bucket: bucketName(), ...after });
    const {
      Versions = [],
      IsTruncated,
      NextKeyMarker,
      NextVersionIdMarker,
    } = await s3.send(command).catch((error: unknown) => {
      throw new StorageError('counting versions', error);
    });
    yield Versions;
    if (IsTruncated !== true) return;
    after = { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker };
  }
}
