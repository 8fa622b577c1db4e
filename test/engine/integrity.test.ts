import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { configEnv, type EngineEnd, engine, makeDatabase, type TestDatabase } from '../support/engine.ts';
import { unwatched } from '../support/integrity.ts';
import { asUser, makeRole, said } from '../support/runs.ts';

const MAIN = new URL('../../containers/engine/main.ts', import.meta.url).pathname;
const FAMILY = `CREATE TABLE projects (id int PRIMARY KEY); INSERT INTO projects VALUES (1);
  CREATE TABLE stories (id int PRIMARY KEY, project_id int REFERENCES projects); INSERT INTO stories VALUES (1, 1), (2, NULL)`;
const KEY = 'foreign-key:public.stories.stories_project_id_fkey';

describe('engine integrity', () => {
  let sound: TestDatabase;
  let broken: TestDatabase;
  beforeAll(async () => {
    [sound, broken] = await Promise.all([makeDatabase(15), makeDatabase(17)]);
    await Promise.all([sound.query(FAMILY), broken.query(FAMILY)]);
    await broken.query(unwatched('INSERT INTO stories VALUES (3, 7), (4, 8)'));
  });

  const run = (env: Record<string, string>, ...args: string[]) => engine(['integrity', ...args], env);
  const expectEnd = (end: EngineEnd, expected: object) => expect(end, said(end)).toMatchObject(expected);

  it('ends with 0 where everything was checked and nothing is wrong; what does not apply is named', async () => {
    const end = await run({ DATABASE_URL: sound.url });
    expectEnd(end, {
      exitCode: 0,
      result: {
        verb: 'integrity',
        outcome: 'verified',
        database: sound.name,
        counts: {
          rules: 4,
          passed: 2,
          errors: 0,
          warnings: 0,
          couldNotCheck: 0,
          notApplicable: 2,
          foreignKeys: 1,
        },
        notVerified: [],
        notApplicable: [
          'orphaned-video-generations: there is no table public.video_generations',
          'user-roles: there is no table public.users',
        ],
      },
    });
    expect(end.stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  it('ends with 1 and the findings where something is wrong, in the target where one is named', async () => {
    const end = await run({ DATABASE_URL: sound.url, TARGET_DATABASE_URL: broken.url });
    expectEnd(end, {
      exitCode: 1,
      result: { outcome: 'violated', database: broken.name, counts: { errors: 2 } },
    });
    const rule = end.result.rules.find(({ name }: { name: string }) => name === KEY);
    expect(rule).toEqual({
      name: KEY,
      kind: 'foreign-key',
      severity: 'error',
      tables: ['public.stories', 'public.projects'],
      constraint: 'stories_project_id_fkey',
      state: 'violated',
      violations: '2',
      samples: [
        { id: '3', project_id: '7' },
        { id: '4', project_id: '8' },
      ],
      seconds: expect.any(Number),
    });
    const warned = end.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(warned).toContainEqual(
      expect.objectContaining({ msg: 'rule violated', rule: KEY, violations: '2' }),
    );
  });

  it('ends with 2 where something could not be checked, and 1 where something else is wrong besides', async () => {
    const role = await makeRole(inject('servers')[15].url, 'LOGIN');
    await sound.query(`GRANT SELECT ON stories TO ${role}`);
    const end = await run({ DATABASE_URL: asUser(sound.url, role) });
    expectEnd(end, { exitCode: 2, result: { outcome: 'could-not-verify', counts: { couldNotCheck: 2 } } });
    expect(end.result.notVerified).toEqual([
      expect.stringMatching(/^orphaned-stories: permission denied for table projects/),
      expect.stringMatching(
        /^foreign-key:public\.stories\.stories_project_id_fkey: permission denied for table projects/,
      ),
    ]);
    const config = await configEnv({
      integrity: { rules: [{ name: 'one', sql: 'SELECT id FROM public.stories' }] },
    });
    const both = await run({ DATABASE_URL: asUser(sound.url, role), ...config });
    expectEnd(both, {
      exitCode: 1,
      result: { outcome: 'violated', counts: { errors: 1, couldNotCheck: 1 } },
    });
  });

  it('counts warnings, and ends with 0 with them', async () => {
    const rules = [
      { name: 'unfiled', severity: 'warning', sql: 'SELECT id FROM public.stories WHERE project_id IS NULL' },
    ];
    const end = await run({ DATABASE_URL: sound.url, ...(await configEnv({ integrity: { rules } })) });
    expectEnd(end, { exitCode: 0, result: { outcome: 'verified', counts: { warnings: 1, passed: 1 } } });
  });

  it('is limited to rules and kinds of them that are named', async () => {
    const names = async (...args: string[]) => {
      const { result } = await run({ DATABASE_URL: broken.url }, ...args);
      return result.rules.map(({ name }: { name: string }) => name);
    };
    expect(await names('--rule', KEY, '--rule', 'user-roles')).toEqual(['user-roles', KEY]);
    expect(await names('--rule', 'foreign-key')).toEqual([KEY]);
    expect(await names('--rule', 'sequence')).toEqual([]);
  });

  it('refuses a rule that there is not, with the nearest name, and a configuration that is none', async () => {
    const end = await run({ DATABASE_URL: sound.url }, '--rule', 'orphan-stories');
    expectEnd(end, {
      exitCode: 3,
      result: {
        error: {
          name: 'NoSuchRuleError',
          message: expect.stringContaining('did you mean orphaned-stories?'),
        },
      },
    });
    const bad = await run({
      DATABASE_URL: sound.url,
      BACKUP_CONFIG_JSON: '{"integrity":{"rules":[{"name":"x"}]}}',
    });
    expectEnd(bad, {
      exitCode: 3,
      result: {
        error: {
          name: 'ConfigurationError',
          message: expect.stringContaining(
            'integrity.rules.0: expected name, severity (error or warning) and one of: sql',
          ),
        },
      },
    });
    expectEnd(await run({}), { exitCode: 3, result: { error: { name: 'EnvironmentError' } } });
  });

  it('shows a table on a terminal, whose names cannot steer it', async () => {
    await broken.query(
      `CREATE TABLE "esc\u001b[31m" (id int PRIMARY KEY, up int, CONSTRAINT k FOREIGN KEY (up) REFERENCES "esc\u001b[31m")`,
    );
    await broken.query(unwatched(`INSERT INTO "esc\u001b[31m" VALUES (1, 2)`));
    const { PATH = '', HOME = '' } = process.env;
    const command = `stty cols 160 rows 40; exec '${process.execPath}' '${MAIN}' integrity`;
    const { stdout } = await execa('script', ['-qec', command, '/dev/null'], {
      env: { PATH, HOME, TERM: 'xterm', DATABASE_URL: broken.url },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
    });
    const [, table = ''] = stdout.split(/(?=^┌)/m);
    expect(table).toMatch(
      /│ foreign-key:public\.stories\.stories_project_id_fkey +│ violated +│ +2 │ id=3, project_id=7 +│/,
    );
    expect(table).toMatch(/│ user-roles +│ not-applicable +│ +│ there is no table public\.users +│/);
    expect(table).toMatch(/\d+ rules, \d+ passed, 3 violated, 0 warnings, 0 not checked, 2 not applicable/);
    expect(table.slice(0, table.lastIndexOf('┘'))).not.toContain('\u001b');
  });
});

describe('on a standby', () => {
  let server: LocalPostgres;
  afterAll(() => server?.stop());

  it('the rows are checked as on the primary', async () => {
    server = await startPostgres({ major: 15 });
    await server.createDatabase('db');
    await server.psql('db', `${FAMILY}; CREATE TABLE counted (id serial); INSERT INTO counted VALUES (5)`);
    await server.psql('db', unwatched('INSERT INTO stories VALUES (3, 7)'));
    await writeFile(join(dirname(server.logFile), 'data', 'standby.signal'), '');
    await server.restart();
    const end = await engine(['integrity'], { DATABASE_URL: server.url('db') });
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: { counts: { errors: 3, couldNotCheck: 0 } },
    });
  });
});
