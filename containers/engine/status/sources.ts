import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../../../core/catalog.ts';
import { StorageError } from '../../../core/errors/index.ts';
import type { HealthSources, OpenUpload } from '../../../core/health/health.ts';
import { openSupabaseApi, type SupabaseApi } from '../../../core/supabase/api.ts';
import { pitrState } from '../../../core/supabase/pitr.ts';
import { type Bucket, listStored, placeOf } from '../storage/bucket.ts';

/** A project whose point-in-time recovery is looked at, and what opens it. */
export interface AskedProject {
  readonly ref: string;
  readonly token: string;
}

/** Asks Supabase; tests ask a stand-in. */
export type OpenApi = (token: string, signal: AbortSignal) => Pick<SupabaseApi, 'backups'>;

/** Where `status` reads health from: the bucket, and Supabase where somebody may ask it. */
export function statusSources(
  bucket: Bucket,
  project: AskedProject | undefined,
  signal: AbortSignal,
  open: OpenApi = (token) => openSupabaseApi({ token, fetch, signal }),
): HealthSources {
  const store: ObjectStore = {
    listFolders: (prefix) => abortable(signal, () => bucket.listFolders(prefix)),
    getText: (key) => abortable(signal, () => bucket.getText(key)),
    listObjects: (prefix) => abortable(signal, () => listStored(bucket, prefix)),
  };
  return {
    store,
    openUploads: () => abortable(signal, () => openUploads(bucket)),
    ...(project === undefined
      ? {}
      : {
          pitr: async () => pitrState(await open(project.token, signal).backups(project.ref), new Date()),
        }),
  };
}

/** A run that was told to end begins no further request. */
async function abortable<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return await ask();
}

async function openUploads({ client, name }: Bucket): Promise<OpenUpload[]> {
  const found: OpenUpload[] = [];
  let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await client
      .send(new ListMultipartUploadsCommand({ Bucket: name, ...after }))
      .catch((error: unknown) => {
        throw new StorageError(`listing unfinished uploads of ${placeOf(name, '')}`, error);
      });
    for (const { Key, Initiated } of page.Uploads ?? [])
      if (Key !== undefined && Initiated !== undefined) found.push({ key: Key, startedAt: Initiated });
    if (page.IsTruncated !== true) return found;
    after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}
