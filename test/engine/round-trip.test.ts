import { describe, expect, inject, it } from 'vitest';
import { startPostgres } from '../../local/postgres.ts';
import { type DatabaseDescription, describeDatabase, differences } from '../support/compare.ts';
import {
  clientsEnv,
  configEnv,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  type TestBucket,
} from '../support/engine.ts';
import { loadZoo } from '../support/zoo/load.ts';

/** Backup, verification with the private key, restore; each must say that all is well. */
async function backUpAndRestore(
  bucket: TestBucket,
  source: { url: string },
  target: { url: string },
  clients: Record<string, string> = {},
): Promise<void> {
  const env = {
    ...engineEnv(bucket, source, target),
    ...(await configEnv(SLICE_EVERYTHING)),
    ...clients,
  };
  const made = await engine(['backup', '--kind', 'daily'], env);
  expect(made, made.stderr + made.stdout).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
  const slices = (await bucket.keys()).filter((key) => key.includes('/data/'));
  expect(slices.length).toBeGreaterThan(10);
  const read = await engine(['verify', made.result.id], env);
  expect(read, read.stdout).toMatchObject({ exitCode: 0, result: { depth: 'content', problems: [] } });
  const restored = await engine(['restore', made.result.id, '--mode', 'full'], env);
  expect(restored, restored.stderr + restored.stdout).toMatchObject({
    exitCode: 0,
    result: { outcome: 'verified', notVerified: [] },
  });
}

describe.each([15, 17] as const)('a database of every kind of object, PostgreSQL %i', (major) => {
  it('comes back equal, with its tables in slices', async () => {
    const source = await makeDatabase(major);
    await loadZoo(source.url);
    const copy = await makeDatabase(major);
    await backUpAndRestore(await makeBucket(), source, copy);
    const { binDir } = inject('servers')[major];
    const before = await describeDatabase({ url: source.url, binDir });
    expect(differences(before, await describeDatabase({ url: copy.url, binDir }))).toEqual([]);
  });
});

describe('a database of PostgreSQL 15 restored into 17, on a server that has none of its roles', () => {
  it.each([
    ['the clients of both', clientsEnv(15, 17)],
    ['those of 17 alone, as in the image', clientsEnv(17)],
  ])('has the same rows, settings, objects and roles, with %s', async (_, clients) => {
    const server = await startPostgres({ major: 17 });
    try {
      const source = await makeDatabase(15);
      await loadZoo(source.url);
      await server.createDatabase('copy');
      const copy = { url: server.url('copy') };
      await backUpAndRestore(await makeBucket(), source, copy, clients);
      const { binDir } = server;
      const before = await describeDatabase({ url: source.url, binDir });
      const after = await describeDatabase({ url: copy.url, binDir });
      expect(differences(comparable(before), comparable(after))).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});

/** The versions write views, grants and memberships differently, so of those only which there are is compared. */
function comparable(description: DatabaseDescription): DatabaseDescription {
  const namesOnly = new Map(Array.from(description.schema.keys(), (name) => [name, '']));
  const attributes = Array.from(
    description.roles,
    ([name, text]) => [name, text.split(', member of')[0] ?? ''] as const,
  );
  return { ...description, schema: namesOnly, roles: new Map(attributes) };
}
