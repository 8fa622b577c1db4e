import { describe, expect, inject, it } from 'vitest';
import { engineEnv, makeBucket, makeDatabase } from '../support/engine.ts';
import { backUp, expectEqual, makeRole, restore } from '../support/runs.ts';

const TABLE =
  'CREATE TABLE payroll (name text, salary int); CREATE FUNCTION pay() RETURNS int LANGUAGE sql AS $$SELECT 1$$';

describe.each([15, 17] as const)('default privileges, PostgreSQL %i', (major) => {
  it('of the target open nothing that was closed in the source', async () => {
    const stranger = await makeRole(inject('servers')[major].url, 'LOGIN');
    const [source, target] = [await makeDatabase(major), await makeDatabase(major)];
    await source.query(TABLE);
    await target.query(`ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${stranger};
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO ${stranger};
      ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
      GRANT CREATE ON SCHEMA public TO ${stranger}`);
    const env = engineEnv(await makeBucket(), source, target);
    await restore(env, (await backUp(env)).id);
    await expectEqual(major, source.url, target.url);
    const { rows } = await target.query(
      `SELECT has_table_privilege($1, 'payroll', 'SELECT') AS reads, has_function_privilege($1, 'pay()', 'EXECUTE') AS calls,
         has_schema_privilege($1, 'public', 'CREATE') AS creates`,
      [stranger],
    );
    expect(rows).toEqual([{ reads: false, calls: true, creates: false }]);
  });

  it('of the set come back, and those of the source alone', async () => {
    const [reader, other] = await Promise.all(
      [0, 1].map(() => makeRole(inject('servers')[major].url, 'LOGIN')),
    );
    const [source, target] = [await makeDatabase(major), await makeDatabase(major)];
    await source.query(
      `${TABLE}; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${reader}`,
    );
    await target.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${other}`);
    const env = engineEnv(await makeBucket(), source, target);
    await restore(env, (await backUp(env)).id);
    await expectEqual(major, source.url, target.url);
    await target.query('CREATE TABLE later (n int)');
    const { rows } = await target.query(
      "SELECT has_table_privilege($1, 'later', 'SELECT') AS reader, has_table_privilege($2, 'later', 'SELECT') AS other",
      [reader, other],
    );
    expect(rows).toEqual([{ reader: true, other: false }]);
  });

  it.each([
    ['is not there', 'DROP SCHEMA public'],
    [
      'was dropped and made again',
      'DROP SCHEMA public; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO PUBLIC',
    ],
  ])('come back where the schema public of the target %s', async (_, statement) => {
    const user = await makeRole(inject('servers')[major].url, 'LOGIN');
    const [source, target] = [await makeDatabase(major), await makeDatabase(major)];
    await source.query(`${TABLE}; GRANT USAGE ON SCHEMA public TO ${user}`);
    await target.query(statement);
    const env = engineEnv(await makeBucket(), source, target);
    await restore(env, (await backUp(env)).id);
    await expectEqual(major, source.url, target.url);
    const { rows } = await target.query("SELECT has_schema_privilege($1, 'public', 'CREATE') AS creates", [
      user,
    ]);
    expect(rows).toEqual([{ creates: false }]);
  });
});
