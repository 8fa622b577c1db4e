import { describe, expect, inject, it } from 'vitest';
import {
  configEnv,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  withClient,
} from '../support/engine.ts';
import { asUser, backUp, makeRole, restore } from '../support/runs.ts';

const CONTENT = `
  CREATE TABLE "표" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, day date, raw bytea, gap interval, ratio float8, price money, body text);
  INSERT INTO "표" (at, day, raw, gap, ratio, price, body)
    SELECT timestamptz '2026-03-04 05:06:07+09' + i * interval '1 hour', date '2026-03-04' + i, decode(md5(i::text), 'hex'),
      i * interval '1 day 2 hours', i / 3.0::float8, i * 1.5, '값 \\' || repeat(md5(i::text), 20) FROM generate_series(1, 3000) i;
  CREATE TABLE many AS SELECT i, md5(i::text) FROM generate_series(1, 60000) i`;

/** What an administrator may have set for a role, each for a good reason of its own. */
const HOSTILE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'short timeouts': {
    // long enough for what every session begins with on a busy machine, too short for reading the table below
    statement_timeout: "'100ms'",
    idle_in_transaction_session_timeout: "'50ms'",
    idle_session_timeout: "'500ms'",
    lock_timeout: "'100ms'",
  },
  'other ways to write values': {
    DateStyle: "'SQL, DMY'",
    IntervalStyle: "'sql_standard'",
    TimeZone: "'Asia/Seoul'",
    bytea_output: "'escape'",
    extra_float_digits: '-15',
    standard_conforming_strings: 'off',
    search_path: "'nowhere'",
    row_security: 'off',
  },
  'another encoding': { client_encoding: "'LATIN1'" },
  'strict transactions': {
    default_transaction_isolation: "'serializable'",
    default_transaction_deferrable: 'on',
  },
  'read only transactions': { default_transaction_read_only: 'on' },
};
const SETTINGS = Object.entries(HOSTILE).map(([what, settings]) => ({ what, settings }));

async function hostileRole(settings: Readonly<Record<string, string>>): Promise<string> {
  const server = inject('servers')[15].url;
  const role = await makeRole(server, 'SUPERUSER LOGIN');
  for (const [name, value] of Object.entries(settings)) {
    await withClient(server, (client) => client.query(`ALTER ROLE ${role} SET ${name} = ${value}`));
  }
  return role;
}

describe.each(SETTINGS)('a role that brings $what', ({ settings }) => {
  it('backs up as any other', async () => {
    const [source, target] = [await makeDatabase(15), await makeDatabase(15)];
    await source.query(CONTENT);
    const reader = { url: asUser(source.url, await hostileRole(settings)) };
    const env = { ...engineEnv(await makeBucket(), reader, target), ...(await configEnv(SLICE_EVERYTHING)) };
    await restore(env, (await backUp(env)).id);
  });

  it('restores as any other, into an empty database and then in its place', async () => {
    const [source, target] = [await makeDatabase(15), await makeDatabase(15)];
    await source.query(CONTENT);
    const writer = { url: asUser(target.url, await hostileRole(settings)) };
    const env = { ...engineEnv(await makeBucket(), source, writer), ...(await configEnv(SLICE_EVERYTHING)) };
    const { id } = await backUp(env);
    await restore(env, id);
    const replaced = await restore(env, id, '--confirm', target.name);
    expect(replaced.replacedDatabaseKeptAs).toContain(target.name);
    expect((await target.query('SELECT count(*)::int AS n FROM many')).rows).toEqual([{ n: 60_000 }]);
  });
});
