import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { DRILL_OBJECT } from '../core/drill/keys.ts';
import { KIND_PREFIX, KINDS, type Kind, REUSING_KINDS } from '../core/kinds.ts';
import { OBJECT, PREFIX, RETENTION_TAG } from '../core/names.ts';

/** Keys of the sets, whatever their kind. */
const keysOf = (kinds: readonly Kind[]) => kinds.map((kind) => `${KIND_PREFIX[kind]}/*`);
const SETS = keysOf(KINDS);

/** What runs of the engine reported for the restore workflow. */
const REPORTS = [`${PREFIX.restores}/*`];

const below = (bucket: IBucket, keys: readonly string[]) => keys.map((key) => bucket.arnForObjects(key));
const objects = (bucket: IBucket, name: string, sets = SETS) =>
  below(
    bucket,
    sets.map((key) => `${key}/${name}`),
  );

/**
 * Adds sets, and takes back parts of what it has not finished. It never deletes, and what exists is not replaced either, by
 * the bucket's own policy. It reads only what it copies into the next set of the two kinds that take over what has not
 * changed: slices, which it has no key to open, and the words by which it knows the set they are of. Nor does it say that a set is verified: retention lets older sets go on
 * that word, so whoever makes sets must not be able to give it. CDK's own grantPut would add locks and legal holds.
 * @param kinds of the sets it may add
 */
export function writerRights(bucket: IBucket, kinds: readonly Kind[] = KINDS): PolicyStatement[] {
  const sets = keysOf(kinds);
  return [
    new PolicyStatement({
      sid: 'AddSets',
      actions: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      resources: below(bucket, sets),
    }),
    new PolicyStatement({
      sid: 'VerifiesNothing',
      effect: Effect.DENY,
      actions: ['s3:PutObject'],
      resources: objects(bucket, OBJECT.verification, sets),
    }),
    ...copyRights(
      bucket,
      kinds.filter((kind) => REUSING_KINDS.includes(kind)),
    ),
  ];
}

/** Copying an object is reading one and adding another; tags are not copied, so nothing is needed for them. */
function copyRights(bucket: IBucket, kinds: readonly Kind[]): PolicyStatement[] {
  if (kinds.length === 0) return [];
  const sets = keysOf(kinds);
  const slices = below(
    bucket,
    sets.map((key) => `${key}/${OBJECT.dataFolder}/*${OBJECT.sliceSuffix}`),
  );
  return [
    new PolicyStatement({
      sid: 'ReadWhatItCopies',
      actions: ['s3:GetObject'],
      resources: [
        ...slices,
        ...objects(bucket, OBJECT.manifest, sets),
        ...objects(bucket, OBJECT.verification, sets),
      ],
    }),
    new PolicyStatement({
      sid: 'ListWhatItCopies',
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': sets } },
    }),
  ];
}

/** Reads sets back and writes down what it found, under that one name. */
export function verifierRights(bucket: IBucket): PolicyStatement[] {
  return [
    listSets(bucket),
    new PolicyStatement({ sid: 'ReadSets', actions: ['s3:GetObject'], resources: below(bucket, SETS) }),
    new PolicyStatement({
      sid: 'WriteFindings',
      actions: ['s3:PutObject'],
      resources: objects(bucket, OBJECT.verification),
    }),
  ];
}

/**
 * Reads sets, old versions too once it has found them, and thaws archived ones. Whoever can decrypt can write nothing but
 * its report, and that only where none is.
 */
export function readerRights(bucket: IBucket): PolicyStatement[] {
  return [
    listSets(bucket, true),
    new PolicyStatement({
      sid: 'ReadAndThawSets',
      actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:RestoreObject'],
      resources: below(bucket, SETS),
    }),
    writeReports(bucket),
  ];
}

/** Reads what Storage files are restored from: the same for inventories and their contents. */
export function filesReaderRights(bucket: IBucket): PolicyStatement[] {
  return [listSets(bucket), readAssets(bucket), writeReports(bucket)];
}

/** Restores a database and then its files. */
export function projectReaderRights(bucket: IBucket): PolicyStatement[] {
  return [...readerRights(bucket), readAssets(bucket)];
}

/** Restores into a server of its own, opens files to compare them, and adds the evidence: it replaces none. */
export function drillRights(bucket: IBucket): PolicyStatement[] {
  return [
    ...projectReaderRights(bucket),
    new PolicyStatement({
      sid: 'ReadAndAddEvidence',
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: below(bucket, [`${PREFIX.drills}/*`]),
    }),
  ];
}

/** Looks at what drills have found. */
export function evidenceRights(bucket: IBucket): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'ReadEvidence',
      actions: ['s3:GetObject'],
      resources: below(bucket, [`${PREFIX.drills}/*/${DRILL_OBJECT.report}`]),
    }),
  ];
}

/** Reads what the engine reported of the restores. */
export function reportRights(bucket: IBucket): PolicyStatement[] {
  return [
    listSets(bucket),
    new PolicyStatement({ sid: 'ReadReports', actions: ['s3:GetObject'], resources: below(bucket, REPORTS) }),
  ];
}

/**
 * Asks S3 to thaw objects of sets, and looks how they stand. Looking takes the right to read; what it could read is
 * encrypted, and nothing that thaws has the key.
 */
export function thawRights(bucket: IBucket): PolicyStatement[] {
  return [
    listSets(bucket),
    new PolicyStatement({
      sid: 'LookAndThaw',
      actions: ['s3:GetObject', 's3:RestoreObject'],
      resources: below(bucket, SETS),
    }),
  ];
}

/** Looks at what sets there are and whether they were verified; the data itself stays closed. */
export function catalogRights(bucket: IBucket): PolicyStatement[] {
  return [
    listSets(bucket),
    new PolicyStatement({
      sid: 'ReadManifests',
      actions: ['s3:GetObject'],
      resources: [...objects(bucket, OBJECT.manifest), ...objects(bucket, OBJECT.verification)],
    }),
  ];
}

/** Sees uploads that were begun and neither completed nor given up; no listing of objects shows them. */
export function openUploadRights(bucket: IBucket): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'ListOpenUploads',
      actions: ['s3:ListBucketMultipartUploads'],
      resources: [bucket.bucketArn],
    }),
  ];
}

/** Marks sets that lifecycle may expire, with the one tag and the one value that lifecycle goes by. */
export function markRights(bucket: IBucket): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'ReadMarks',
      actions: ['s3:GetObjectTagging'],
      resources: below(bucket, SETS),
    }),
    new PolicyStatement({
      sid: 'MarkExpiredSets',
      actions: ['s3:PutObjectTagging'],
      resources: below(bucket, SETS),
      conditions: {
        StringEquals: { [`s3:RequestObjectTag/${RETENTION_TAG.key}`]: RETENTION_TAG.expired },
      },
    }),
  ];
}

/**
 * Adds blobs and inventories of files, and reads what is there: what is stored already is neither fetched nor stored again. It
 * has no private key, so what it can read it cannot open; the inventories are not encrypted.
 */
export function filesRights(bucket: IBucket): PolicyStatement[] {
  const assets = below(bucket, [`${PREFIX.assets}/*`]);
  return [
    listSets(bucket),
    new PolicyStatement({
      sid: 'AddAndReadFiles',
      actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      resources: assets,
    }),
  ];
}

/** Looks at the manifests of inventories: when each was made. */
export function inventoryRights(bucket: IBucket): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'ReadInventoryManifests',
      actions: ['s3:GetObject'],
      resources: below(bucket, [`${PREFIX.assets}/inventories/*/${OBJECT.manifest}`]),
    }),
  ];
}

/** Counts what lies there, what came lately, and uploads that were left; it opens nothing. */
export function costRights(bucket: IBucket): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'CountWhatLiesThere',
      actions: ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'],
      resources: [bucket.bucketArn],
    }),
    new PolicyStatement({
      sid: 'CountPartsOfUploads',
      actions: ['s3:ListMultipartUploadParts'],
      resources: below(bucket, ['*']),
    }),
  ];
}

/** Adds to the audit copy. Reads it too: a record names the one before it, and is not written twice. */
export function auditRights(bucket: IBucket): PolicyStatement[] {
  return [
    listSets(bucket),
    new PolicyStatement({
      sid: 'ReadAndAddAuditRecords',
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: below(bucket, [`${PREFIX.audit}/*`]),
    }),
  ];
}

function readAssets(bucket: IBucket): PolicyStatement {
  return new PolicyStatement({
    sid: 'ReadFiles',
    actions: ['s3:GetObject'],
    resources: below(bucket, [`${PREFIX.assets}/*`]),
  });
}

function writeReports(bucket: IBucket): PolicyStatement {
  return new PolicyStatement({
    sid: 'WriteReports',
    actions: ['s3:PutObject'],
    resources: below(bucket, REPORTS),
  });
}

/** Without the right to list, S3 answers 403 for an object that is not there, which is not the same as forbidden. */
function listSets(bucket: IBucket, alsoVersions = false): PolicyStatement {
  return new PolicyStatement({
    sid: 'ListSets',
    actions: ['s3:ListBucket', ...(alsoVersions ? ['s3:ListBucketVersions'] : [])],
    resources: [bucket.bucketArn],
  });
}
