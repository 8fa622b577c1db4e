import { beforeAll, describe, expect, it } from 'vitest';
import { loadSampleData } from '../../local/sample/load.ts';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';
import { check, ruleNamed, TEAM_RULES, unwatched, verdicts } from '../support/integrity.ts';

describe("VideoPlanet's own rules", () => {
  let sample: TestDatabase;
  beforeAll(async () => {
    sample = await makeDatabase(15);
    await loadSampleData(sample.url, { megabytes: 1 });
  });

  it('hold in the sample, with every foreign key and sequence', async () => {
    const report = await check(sample, TEAM_RULES);
    expect(report).toMatchObject({
      outcome: 'verified',
      counts: { errors: 0, warnings: 0, couldNotCheck: 0, notApplicable: 0 },
    });
    expect(report.counts.foreignKeys).toBeGreaterThan(10);
    expect(report.counts.passed).toBe(report.counts.rules);
  });

  it('find stories without project, videos orphaned at any distance, and odd roles', async () => {
    const { rows } = await sample.query(`
      SELECT p.id, (SELECT count(*)::int FROM public.stories s WHERE s.project_id = p.id) AS stories,
        (SELECT count(*)::int FROM public.video_generations v JOIN public.prompts r ON r.id = v.prompt_id
          JOIN public.scenarios c ON c.id = r.scenario_id JOIN public.stories s ON s.id = c.story_id WHERE s.project_id = p.id) AS videos
      FROM public.projects p ORDER BY videos DESC LIMIT 1`);
    const [{ id, stories, videos }] = rows;
    expect(videos).toBeGreaterThan(0);
    await sample.query(
      'ALTER TABLE public.users DROP CONSTRAINT users_role_check, ALTER COLUMN role DROP NOT NULL',
    );
    await sample.query(
      unwatched(`DELETE FROM public.projects WHERE id = '${id}';
        UPDATE public.users SET role = 'Admin' WHERE id = (SELECT min(id::text)::uuid FROM public.users);
        UPDATE public.users SET role = NULL WHERE id = (SELECT max(id::text)::uuid FROM public.users)`),
    );
    const found = verdicts(await check(sample, TEAM_RULES));
    expect(found).toMatchObject({
      'orphaned-stories': `violated ${stories}`,
      'orphaned-video-generations': `violated ${videos}`,
      'user-roles': 'violated 2',
      'foreign-key:public.stories.stories_project_id_fkey': `violated ${stories}`,
      'foreign-key:public.video_generations.video_generations_prompt_id_fkey': 'passed 0',
    });
  });
});

describe('rules for tables and columns', () => {
  it.each([
    ['', 'there is no table public.stories', 'there is no table public.users'],
    [
      'CREATE TABLE stories (id int PRIMARY KEY); CREATE TABLE users (id int PRIMARY KEY)',
      'public.stories has none of the columns it is looked at by, or their tables are missing',
      'public.users has no column role',
    ],
  ])('that are not there do not apply, and have not passed: %j', async (sql, stories, roles) => {
    const database = await makeDatabase(15);
    if (sql !== '') await database.query(sql);
    const report = await check(database, TEAM_RULES);
    expect(report).toMatchObject({ outcome: 'verified', counts: { passed: 0, notApplicable: 3, rules: 3 } });
    expect(ruleNamed(report, 'orphaned-stories').reason).toBe(stories);
    expect(ruleNamed(report, 'user-roles')).toMatchObject({ reason: roles, violations: null });
  });

  it('follow whichever columns lead to a project, and a column that is null leads nowhere', async () => {
    const database = await makeDatabase(17);
    await database.query(`
      CREATE TABLE projects (id int PRIMARY KEY); INSERT INTO projects VALUES (1);
      CREATE TABLE stories (id int PRIMARY KEY, project_id int); INSERT INTO stories VALUES (10, 1), (11, 2), (12, NULL);
      CREATE TABLE video_generations (id int PRIMARY KEY, story_id int, project_id int);
      INSERT INTO video_generations VALUES (1, 10, 1), (2, 11, NULL), (3, 12, NULL), (4, 13, 1), (5, NULL, 2), (6, NULL, NULL)`);
    const report = await check(database, TEAM_RULES);
    expect(ruleNamed(report, 'orphaned-stories').samples).toEqual([{ id: '11', project_id: '2' }]);
    const videos = ruleNamed(report, 'orphaned-video-generations');
    expect(videos.samples.map(({ id }) => id).sort()).toEqual(['2', '4', '5']);
    expect(videos.tables).toEqual(['public.video_generations', 'public.stories', 'public.projects']);
  });

  it('end in a table that refers to itself', async () => {
    const database = await makeDatabase(15);
    await database.query(
      'CREATE TABLE nodes (id int PRIMARY KEY, up int); INSERT INTO nodes VALUES (1, NULL), (2, 1), (3, 9), (4, 3)',
    );
    const rule = { name: 'lost', orphans: 'nodes', along: { 'nodes.up': 'nodes' }, severity: 'warning' };
    const report = await check(database, { rules: [rule] });
    expect(report.outcome).toBe('verified');
    expect(ruleNamed(report, 'lost')).toMatchObject({ violations: '1', samples: [{ id: '3', up: '9' }] });
  });

  it.each(['text', 'varchar(9)', 'char(9)', 'role_enum', 'role_domain'])(
    'know values of type %s',
    async (type) => {
      const database = await makeDatabase(15);
      await database.query(`CREATE TYPE role_enum AS ENUM ('admin', 'user', 'root'); CREATE DOMAIN role_domain AS text;
      CREATE TABLE users (id int, role ${type}); INSERT INTO users VALUES (1, 'user'), (2, 'root'), (3, 'admin')`);
      const rule = ruleNamed(await check(database, TEAM_RULES), 'user-roles');
      expect(rule.violations).toBe('1');
      expect(rule.samples.map(({ role }) => role?.trim())).toEqual(['root']);
    },
  );
});

describe('rules that are queries', () => {
  it('show what they return, numbers to the last digit and long values in part', async () => {
    const database = await makeDatabase(15);
    await database.query(
      `CREATE TABLE t (id int8, x text); INSERT INTO t VALUES (9223372036854775807, repeat('한', 999)), (2, NULL)`,
    );
    const sql = 'SELECT id, x FROM public.t -- all of them';
    const report = await check(database, {
      rules: [
        { name: 'q', severity: 'warning', sql: `${sql};` },
        { name: 'r', sql },
      ],
    });
    // a comment may hide the semicolon
    expect(ruleNamed(report, 'q')).toMatchObject({
      severity: 'warning',
      violations: '2',
      tables: ['public.t'],
    });
    expect(ruleNamed(report, 'r').samples).toEqual([
      { id: '9223372036854775807', x: '한'.repeat(200) },
      { id: '2', x: null },
    ]);
    expect(report.outcome).toBe('violated');
  });

  it.each([
    ['SELECT id FROM public.nowhere', 'not-applicable', 'relation "public.nowhere" does not exist'],
    ['SELECT id FROM nowhere.t', 'not-applicable', 'relation "nowhere.t" does not exist'],
    ['SELECT no_such FROM public.t', 'not-applicable', 'column "no_such" does not exist'],
    [
      'SELECT id FROM t',
      'could-not-check',
      'relation "t" does not exist (42P01); give every table its schema, such as public.stories',
    ],
    ['SELECT nonsense(id) FROM public.t', 'could-not-check', /function nonsense\(integer\) does not exist/],
    ['SELEC', 'could-not-check', /syntax error/],
    ['SELECT 1/0 FROM public.t', 'could-not-check', /division by zero/],
  ])('%s: %s', async (sql, state, reason) => {
    const database = await makeDatabase(15);
    await database.query('CREATE TABLE t (id int); INSERT INTO t VALUES (1)');
    const report = await check(database, {
      rules: [
        { name: 'q', sql },
        { name: 'after', sql: 'SELECT id FROM public.t' },
      ],
    });
    const rule = ruleNamed(report, 'q');
    expect(rule).toMatchObject({ state, violations: null, samples: [] });
    expect(rule.reason).toMatch(
      reason instanceof RegExp ? reason : new RegExp(reason.replaceAll(/[.()]/g, '\\$&')),
    );
    expect(ruleNamed(report, 'after')).toMatchObject({ state: 'violated', violations: '1' });
  });
});

describe('sequences', () => {
  it('must be ahead of the columns they fill', async () => {
    const database = await makeDatabase(17);
    await database.query(`
      CREATE TABLE ok (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY); INSERT INTO ok DEFAULT VALUES;
      CREATE TABLE untouched (id bigserial);
      CREATE TABLE behind (id serial, i smallint GENERATED BY DEFAULT AS IDENTITY);
      INSERT INTO behind (id, i) VALUES (1, 2), (7, 1);
      CREATE SEQUENCE down INCREMENT -2 MAXVALUE 100 START 100; CREATE TABLE falling (id int DEFAULT nextval('down'));
      INSERT INTO falling DEFAULT VALUES; INSERT INTO falling VALUES (97);
      CREATE SEQUENCE shared; CREATE TABLE named (id text DEFAULT nextval('shared')::text, n numeric DEFAULT nextval('shared'));
      INSERT INTO named VALUES ('x', 5);
      CREATE DOMAIN number AS smallint; CREATE TABLE derived (d number DEFAULT nextval('shared'), s smallint DEFAULT nextval('shared'),
        twice int DEFAULT nextval('shared') * 2, own int DEFAULT abs(nextval('shared')::int)); INSERT INTO derived VALUES (1, 1, 9, 9);
      CREATE SEQUENCE round CYCLE; CREATE TABLE rounds (id int DEFAULT nextval('round')); INSERT INTO rounds VALUES (99);
      CREATE TABLE parts (id serial, k int) PARTITION BY LIST (k); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
      INSERT INTO parts VALUES (50, 1)`);
    const report = await check(database);
    expect(verdicts(report)).toEqual({
      'sequence:public.behind_i_seq=public.behind.i': 'violated 1',
      'sequence:public.behind_id_seq=public.behind.id': 'violated 1',
      'sequence:public.down=public.falling.id': 'violated 1',
      'sequence:public.ok_i_seq=public.ok.i': 'passed 0',
      'sequence:public.ok_id_seq=public.ok.id': 'passed 0',
      'sequence:public.parts_id_seq=public.parts.id': 'violated 1',
      'sequence:public.round=public.rounds.id': 'not-applicable',
      'sequence:public.shared=public.derived.d': 'violated 1',
      'sequence:public.shared=public.derived.s': 'violated 1',
      'sequence:public.shared=public.named.n': 'violated 1',
      'sequence:public.untouched_id_seq=public.untouched.id': 'passed 0',
    });
    const sample = (name: string) => ruleNamed(report, name).samples[0];
    expect(sample('sequence:public.behind_id_seq=public.behind.id')).toEqual({
      'max(id)': '7',
      'next value': '1',
    });
    expect(sample('sequence:public.down=public.falling.id')).toEqual({
      'min(id)': '97',
      'next value': '98',
    });
  });
});

describe('what the catalogue tells', () => {
  it('are constraints that are not validated, and unique indexes that are not valid', async () => {
    const database = await makeDatabase(17);
    await database.query('CREATE TABLE t (id int CHECK (id > 0)); INSERT INTO t VALUES (1), (1)');
    await database.query('ALTER TABLE t ADD CONSTRAINT later CHECK (id > 1) NOT VALID');
    await expect(database.query('CREATE UNIQUE INDEX CONCURRENTLY u ON t (id)')).rejects.toThrow(/unique/);
    await database.query(`CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
      ALTER TABLE ONLY p ADD CONSTRAINT half UNIQUE (id)`);
    const report = await check(database);
    expect(report.rules.map(({ name, severity, state }) => [name, severity, state])).toEqual([
      ['not-validated:public.t.later', 'warning', 'violated'],
      ['invalid-index:public.half', 'error', 'violated'],
      ['invalid-index:public.u', 'warning', 'violated'],
    ]);
  });
});
