import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../../local/postgres.ts';
import { loadSampleData } from '../../../local/sample/load.ts';
import { engine, engineEnv, makeBucket } from '../../support/engine.ts';
import { inspectCopy, notVerified } from '../../support/inspect.ts';
import { backUp, said } from '../../support/runs.ts';
import { loadZoo } from '../../support/zoo/load.ts';

const INSPECTED = [
  'tables',
  'structure',
  'roles',
  'extensions',
  'indexes',
  'constraints',
  'row-level-security',
  'privileges',
  'sequences',
  'large-objects',
  'materialized-views',
  'platform',
  'integrity',
];

/** Servers of their own: roles belong to the server, and other tests make some. */
const servers = new Map<string, LocalPostgres>();

beforeAll(async () => {
  const all = await Promise.all([
    startPostgres({ major: 15 }),
    startPostgres({ major: 17 }),
    startPostgres({ major: 17 }),
  ]);
  for (const [i, name] of ['15', '17', 'new 17'].entries()) {
    const server = all[i];
    if (server !== undefined) servers.set(name, server);
  }
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

/** A set of a database that `load` fills, restored; and what is found when it is looked at. */
async function restoreAndInspect(from: string, to: string, load: (url: string) => Promise<unknown>) {
  const [source, copy] = [servers.get(from), servers.get(to)];
  if (source === undefined || copy === undefined) throw new Error('no such server');
  const name = `d${Math.random().toString(36).slice(2, 10)}`;
  await source.createDatabase(name);
  await copy.createDatabase(`${name}_copy`);
  await load(source.url(name));
  const bucket = await makeBucket();
  const target = { url: copy.url(`${name}_copy`) };
  const env = engineEnv(bucket, { url: source.url(name) }, target);
  const { id } = await backUp(env);
  const end = await engine(['restore', id, '--mode', 'full'], env);
  expect(end, said(end)).toMatchObject({ exitCode: 0 });
  return { inspection: await inspectCopy(bucket, id, target), bucket, id, target };
}

describe.each([
  ['15', '15'],
  ['17', '17'],
  ['15', 'new 17'],
])('a restored database that nobody has touched, PostgreSQL %s to %s', (from, to) => {
  it('is what the set says: VideoPlanet, in every check', async () => {
    const { inspection } = await restoreAndInspect(from, to, (url) => loadSampleData(url, { megabytes: 1 }));
    expect(notVerified(inspection)).toEqual({});
    expect(inspection.checks.map(({ id }) => id)).toEqual(INSPECTED);
    expect(inspection.tables.length).toBeGreaterThan(10);
    for (const table of inspection.tables)
      expect(table).toMatchObject({ foundRows: table.expectedRows, checksum: 'equal', state: 'verified' });
    const policies = inspection.checks.find(({ id }) => id === 'row-level-security')?.figures[0];
    expect(policies).toMatchObject({ name: 'policies', unit: 'objects' });
    expect(policies?.value).toBeGreaterThan(0);
  });

  it('is what the set says: every kind of object there is', async () => {
    const { inspection } = await restoreAndInspect(from, to, loadZoo);
    // what is wrong in the source is wrong in its copy
    const inSource = / wrong, expected none; the rows are those of the set, so look for it in the source$/;
    expect(notVerified(inspection)).toEqual({
      integrity: { state: 'failed', findings: Array(2).fill(expect.stringMatching(inSource)) },
    });
  });
});
