import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the storage behind Storage keeps with a file. */
export interface KeptFile {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly userMetadata: Readonly<Record<string, string>>;
}

type About = Omit<KeptFile, 'bytes'>;

/** One version of one file. */
export interface VersionKey {
  readonly bucket: string;
  readonly name: string;
  readonly version: string;
}

/** Files under `<bucket>/<name>/<version>`; a name may hold what a directory's may not, so its hash stands for it. */
export class StorageFiles {
  readonly #root: string;
  readonly #about = new Map<string, About>();

  constructor(root: string) {
    this.#root = root;
  }

  #path({ bucket, name, version }: VersionKey): string {
    const hashed = createHash('sha256').update(name).digest('hex').slice(0, 32);
    return join(this.#root, encodeURIComponent(bucket), hashed, version);
  }

  async put(key: VersionKey, { bytes, ...about }: KeptFile): Promise<void> {
    const path = this.#path(key);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, bytes);
    this.#about.set(path, about);
  }

  /** Nothing where the version is not there, whatever the rows say. */
  async get(key: VersionKey): Promise<KeptFile | undefined> {
    const path = this.#path(key);
    const about = this.#about.get(path);
    return about === undefined ? undefined : { ...about, bytes: await readFile(path) };
  }

  async remove(key: VersionKey): Promise<void> {
    this.#about.delete(this.#path(key));
    await rm(this.#path(key), { force: true });
  }
}
