import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../local/postgres.ts';
import { startS3 } from '../../local/s3.ts';
import { type KeyPair, makeKeyPair } from './keys.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    servers: Record<15 | 17, ServerAddress>;
    s3: { readonly endpoint: string; readonly env: Record<string, string> };
    keys: KeyPair;
  }
}

/** Where a shared server is; `url` leads to its database postgres. */
export interface ServerAddress {
  readonly url: string;
  readonly binDir: string;
}

/** One PostgreSQL of each version, one S3 and one key for all test files; each test makes databases and buckets of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [v15, v17, s3, keys] = await Promise.all([
    startPostgres({ major: 15 }),
    startPostgres({ major: 17 }),
    startS3(),
    makeKeyPair('shared'),
  ]);
  project.provide('servers', {
    15: { url: v15.url('postgres'), binDir: v15.binDir },
    17: { url: v17.url('postgres'), binDir: v17.binDir },
  });
  project.provide('s3', { endpoint: s3.endpoint, env: { ...s3.env } });
  project.provide('keys', keys);
  return async () => {
    await Promise.all([v15.stop(), v17.stop(), s3.stop()]);
  };
}
