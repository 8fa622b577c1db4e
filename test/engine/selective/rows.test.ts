import { beforeAll, describe, expect, it } from 'vitest';
import { loadSampleData } from '../../../local/sample/load.ts';
import { archive } from '../../support/archived.ts';
import { differences } from '../../support/compare.ts';
import { configEnv, engine, SLICE_EVERYTHING } from '../../support/engine.ts';
import { startS3Line } from '../../support/fault-s3-proxy.ts';
import { backUp, readManifest } from '../../support/runs.ts';
import { ended, type SavedDatabase, saved } from '../../support/selective.ts';

/** Deletes a project and all that hangs on it, in the order the foreign keys demand. */
const DELETE_PROJECT = `
  DELETE FROM public.video_generations WHERE prompt_id IN (SELECT p.id FROM public.prompts p
    JOIN public.scenarios c ON c.id = p.scenario_id JOIN public.stories s ON s.id = c.story_id WHERE s.project_id = $1)`;

let web: Promise<SavedDatabase>;
beforeAll(async () => {
  web = saved(17, WEB);
  await web;
});

describe.each([15, 17] as const)('rows on PostgreSQL %i', (major) => {
  it('bring one deleted project back with all that hung on it, and nothing else is touched', async () => {
    const world = await saved(major, ({ url }) => loadSampleData(url, { megabytes: 2 }));
    const { rows } = await world.database.query(
      `SELECT s.project_id AS id FROM public.video_generations g JOIN public.prompts p ON p.id = g.prompt_id
       JOIN public.scenarios c ON c.id = p.scenario_id JOIN public.stories s ON s.id = c.story_id LIMIT 1`,
    );
    const id = rows[0].id as string;
    await world.database.query(DELETE_PROJECT, [id]);
    await world.database.query('DELETE FROM public.projects WHERE id = $1', [id]);
    const damaged = differences(world.before, await world.now());
    expect(damaged.length).toBeGreaterThan(4);

    const planned = ended(
      await world.restore('--mode', 'rows', '--row', `projects:id=${id}`, '--with-dependents', '--plan'),
      0,
    );
    expect(differences(world.before, await world.now())).toEqual(damaged);

    const result = ended(
      await world.restore('--mode', 'rows', '--row', `projects:id=${id}`, '--with-dependents'),
      0,
    );
    expect(result.tables).toEqual(planned.plan.tables);
    expect(result.outcome).toBe('verified');
    expect(differences(world.before, await world.now())).toEqual([]);
  });
});

/** A chain as long as its table, a key of two columns, a circle of two tables, and a reference without a partner. */
const WEB = `
  CREATE TABLE public.chain (id int PRIMARY KEY, before int REFERENCES public.chain, note text);
  CREATE TABLE public.teams (org int, "Team, no" int, head text, PRIMARY KEY (org, "Team, no"));
  CREATE TABLE public.people (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), org int, team int, email text UNIQUE,
    FOREIGN KEY (org, team) REFERENCES public.teams (org, "Team, no"));
  CREATE TABLE public.desks (id bigserial PRIMARY KEY, person uuid REFERENCES public.people, number numeric UNIQUE);
  ALTER TABLE public.people ADD COLUMN desk numeric REFERENCES public.desks (number);
  INSERT INTO public.chain SELECT n, nullif(n - 1, 0), 'c' || n FROM generate_series(1, 1000) n;
  INSERT INTO public.teams SELECT n / 3, n % 3, 'h' || n FROM generate_series(0, 11) n;
  INSERT INTO public.people (org, team, email) SELECT n % 4, n % 3, n || '@x.kr' FROM generate_series(1, 60) n;
  INSERT INTO public.desks (person, number) SELECT id, row_number() OVER (ORDER BY email) * 1.50 FROM public.people;
  UPDATE public.people SET desk = (SELECT number FROM public.desks WHERE person = people.id) WHERE org = 1;`;
const EMPTY = `SET session_replication_role = replica; TRUNCATE public.chain, public.teams, public.people, public.desks`;
const count = (table: string) => `(SELECT count(*)::int FROM public.${table}) AS ${table}`;

describe('rows are chosen', () => {
  it.each<[string, string[], Record<string, number>]>([
    ['by a key', ['--row', 'chain:id=1'], { chain: 1, teams: 0, people: 0, desks: 0 }],
    [
      'by several',
      ['--row', 'chain:id=1', '--row', 'public.chain:id=2', '--row', 'chain:id=02'],
      { chain: 2, teams: 0, people: 0, desks: 0 },
    ],
    [
      'by a key of two columns',
      ['--row', 'teams:org=1,"Team, no"=2'],
      { chain: 0, teams: 1, people: 0, desks: 0 },
    ],
    ['by part of a key', ['--row', 'teams:org=1'], { chain: 0, teams: 3, people: 0, desks: 0 }],
    [
      'by a condition',
      ['--where', "teams:head IN ('h1', 'h2') OR teams.org = 3 -- all of it"],
      { chain: 0, teams: 5, people: 0, desks: 0 },
    ],
    [
      'with a long chain behind them',
      ['--row', 'chain:id=1', '--with-dependents'],
      { chain: 1000, teams: 0, people: 0, desks: 0 },
    ],
    [
      'with the end of a chain',
      ['--row', 'chain:id=990', '--with-dependents', '--with-parents'],
      { chain: 1000, teams: 0, people: 0, desks: 0 },
    ],
    [
      'with a circle behind them',
      ['--row', 'teams:org=1,"Team, no"=1', '--with-dependents', '--with-parents'],
      { chain: 0, teams: 1, people: 5, desks: 5 },
    ],
    [
      'with what they refer to',
      ['--row', 'people:email=5@x.kr', '--with-parents'],
      { chain: 0, teams: 1, people: 1, desks: 1 },
    ],
  ])('%s', async (_, args, expected) => {
    const world = await web;
    await world.database.query(EMPTY);
    const result = ended(await world.restore('--mode', 'rows', ...args), 0);
    const { rows } = await world.database.query(`SELECT ${['chain', 'teams', 'people', 'desks'].map(count)}`);
    expect(rows[0]).toEqual(expected);
    const inserted = result.tables.reduce(
      (sum: number, table: { inserted: number }) => sum + table.inserted,
      0,
    );
    expect(inserted).toBe(Object.values(expected).reduce((sum, n) => sum + n, 0));
  });

  it.each<[string, string[], number, RegExp]>([
    ['a row the set does not have', ['--row', 'chain:id=99999'], 3, /no row for .*chain:id=99999/],
    ['a value that is none', ['--row', 'chain:id=seven'], 3, /none of its column's type/],
    [
      'a column that is none',
      ['--row', 'teams:team=1'],
      3,
      /no column team in the set; it has org, Team, no, head/,
    ],
    [
      'rows without what they refer to',
      ['--row', 'chain:id=2'],
      1,
      /1 of public\.chain refer to rows of public\.chain .*"before": ?1.*--with-parents/,
    ],
  ])('unless they name %s', async (_, args, exitCode, message) => {
    const world = await web;
    await world.database.query(EMPTY);
    expect(ended(await world.restore('--mode', 'rows', ...args), exitCode).error.message).toMatch(message);
    const { rows } = await world.database.query(`SELECT ${count('chain')}`);
    expect(rows[0]).toEqual({ chain: 0 });
  });
});

describe('a table that hangs on rows', () => {
  const FAMILY = `CREATE TABLE public.parents (id int PRIMARY KEY);
    CREATE TABLE public.keyless (parent int REFERENCES public.parents, note text);
    CREATE TABLE public.altered (id int PRIMARY KEY, parent int REFERENCES public.parents, gone int);
    INSERT INTO public.parents VALUES (1), (2); INSERT INTO public.keyless VALUES (1, 'a'); INSERT INTO public.altered VALUES (1, 1, 1);`;
  const SINCE = `INSERT INTO public.keyless VALUES (NULL, 'since'); ALTER TABLE public.altered DROP COLUMN gone; `;

  it('and has no row among them is no part of it, whatever has become of it', async () => {
    const world = await saved(17, FAMILY);
    await world.database.query(`${SINCE} DELETE FROM public.parents WHERE id = 2`);
    const before = await world.now();
    const result = ended(
      await world.restore('--mode', 'rows', '--row', 'parents:id=2', '--with-dependents'),
      0,
    );
    expect(result.tables.map(({ table }: { table: string }) => table)).toEqual(['public.parents']);
    expect(differences(before, await world.now())).toEqual([expect.stringContaining('public.parents')]);
  });

  it('and has some must fit', async () => {
    const world = await saved(17, FAMILY);
    await world.database.query(
      `${SINCE} SET session_replication_role = replica; DELETE FROM public.parents WHERE id = 1`,
    );
    const args = ['--mode', 'rows', '--row', 'parents:id=1', '--with-dependents'];
    expect(ended(await world.restore(...args), 3).error.message).toMatch(/altered\.gone is only in the set/);
    expect(ended(await world.restore(...args, '--allow-unmatched'), 3).error.message).toMatch(
      /keyless: no primary key/,
    );
  });
});

describe('a set of one level', () => {
  it('is taken where it is the newest that holds the rows, and what it lacks is named', async () => {
    const world = await saved(17, ({ url }) => loadSampleData(url, { megabytes: 1 }));
    const { rows } = await world.database.query(`SELECT id FROM public.projects ORDER BY id LIMIT 1`);
    await world.database.query(`UPDATE public.projects SET title = 'younger'`);
    const younger = await backUp(world.env, '--kind', 'critical');
    await world.database.query(`UPDATE public.projects SET title = 'spoilt'`);
    const args = ['--mode', 'rows', '--row', `projects:id=${rows[0].id}`, '--confirm', world.database.name];
    const alone = ended(await engine(['restore', 'latest', ...args], world.env), 0);
    expect(alone).toMatchObject({ id: younger.id, tables: [{ table: 'public.projects', updated: 1 }] });
    const title = await world.database.query('SELECT title FROM public.projects WHERE id = $1', [rows[0].id]);
    expect(title.rows).toEqual([{ title: 'younger' }]);

    const below = ended(await engine(['restore', 'latest', ...args, '--with-dependents'], world.env), 0);
    expect(below.id).toBe(world.id);
    const lacking = ended(await engine(['restore', younger.id, ...args, '--with-dependents'], world.env), 2);
    expect(lacking.notVerified.join()).toMatch(
      /rows of public\.assets \(project_id\) hang on these and are not in critical-/,
    );
    const before = new Date(Date.parse(younger.snapshotAt) - 1).toISOString();
    const older = ended(await engine(['restore', 'latest', ...args, '--at', before, '--plan'], world.env), 0);
    expect(older.id).toBe(world.id);
  });
});

describe('only what is needed is read', () => {
  it('of a set for one table: its objects, the manifest and what tells sets apart', async () => {
    const sizes = ['big', 'little'].map(
      (name) => `
      CREATE TABLE public.${name} (id int PRIMARY KEY, body text);
      INSERT INTO public.${name} SELECT n, repeat(md5(n::text || '${name}'), 40) FROM generate_series(1, ${name === 'big' ? 20_000 : 400}) n;`,
    );
    const world = await saved(15, sizes.join('\n'), await configEnv(SLICE_EVERYTHING));
    await world.database.query('DELETE FROM public.little');
    const asked: string[] = [];
    const s3 = await startS3Line(({ operation, key }) => {
      if (operation === 'GetObject') asked.push(key.split('/').slice(2).join('/'));
      return undefined;
    });
    const end = await engine(
      ['restore', world.id, '--mode', 'table', '--tables', 'little', '--strategy', 'merge'],
      {
        ...world.env,
        ...s3.env,
      },
    );
    await s3.stop();
    expect(ended(end, 0).tables[0].inserted).toBe(400);
    expect([...new Set(asked)].sort()).toEqual([
      'data/public.little/0001.copy.zst.gpg',
      'manifest.json',
      'verification.json',
    ]);
    const manifest = await readManifest(world.bucket, world.id);
    const stored = (wanted: (key: string) => boolean) =>
      manifest.objects.filter(({ key }) => wanted(key)).reduce((sum, object) => sum + object.stored.bytes, 0);
    expect(end.result.reads).toEqual({ objects: 1, storedBytes: stored((key) => key.includes('little')) });
    // one fiftieth of the rows, and no more than that of the bytes beside what every set has
    expect(end.result.reads.storedBytes / stored((key) => key.startsWith('data/'))).toBeLessThan(0.025);
  });
});

describe('a set whose objects are archived', () => {
  it('is refused before anything is read, with the command that thaws what is needed, and read after it', async () => {
    const world = await saved(
      15,
      ({ url }) => loadSampleData(url, { megabytes: 1 }),
      await configEnv(SLICE_EVERYTHING),
    );
    await archive(world.bucket, /\/data\/|rest\.dump/);
    const { rows } = await world.database.query('SELECT id FROM public.projects LIMIT 1');
    const before = await world.now();
    const requests = [
      ['--mode', 'table', '--tables', 'prompts', '--strategy', 'inspect'],
      ['--mode', 'table', '--tables', 'prompts', '--strategy', 'merge'],
      ['--mode', 'rows', '--row', `projects:id=${rows[0].id}`, '--with-dependents', '--plan'],
    ];
    for (const request of requests) {
      const { error } = ended(await world.restore(...request), 3);
      expect(error.name).toBe('SetArchivedError');
      expect(error.message).toMatch(/are in an archive class.*thaw daily-\S+ --tables '\S*public\.prompts/);
    }
    expect(differences(before, await world.now())).toEqual([]);
    ended(await engine(['thaw', world.id, '--tables', 'prompts'], world.env), 0);
    ended(await world.restore(...(requests[1] ?? [])), 0);
  });
});
