import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { differences } from '../../support/compare.ts';
import { startEngine, withClient } from '../../support/engine.ts';
import { ended, saved } from '../../support/selective.ts';

const MERGE = ['--mode', 'table', '--strategy', 'merge'];

const FAMILY = `
  CREATE TABLE public.parents (id integer PRIMARY KEY, note text);
  CREATE TABLE public.main (id integer PRIMARY KEY, parent integer REFERENCES public.parents);
  CREATE TABLE public.kids (id integer PRIMARY KEY, main integer REFERENCES public.main);
  INSERT INTO public.parents SELECT i FROM generate_series(1, 5) i;
  INSERT INTO public.main SELECT i, i % 5 + 1 FROM generate_series(1, 20) i;
  INSERT INTO public.kids SELECT i, i FROM generate_series(1, 10) i;`;

const roleName = () => `r_${randomUUID().slice(0, 8)}`;

describe('a dropped table that cannot come back as it was', () => {
  it('is refused while its owner is not there, and comes back when it is', async () => {
    const role = roleName();
    const world = await saved(
      17,
      `CREATE ROLE ${role}; CREATE TABLE public.main (id integer PRIMARY KEY); ALTER TABLE public.main OWNER TO ${role};`,
    );
    await world.database.query(`DROP TABLE public.main; DROP ROLE ${role}`);
    const damaged = await world.now();
    const { error } = ended(await world.restore(...MERGE, '--tables', 'main'), 3);
    expect(error).toEqual({
      name: 'UnsuitableTargetError',
      message: `public.main belonged to role ${role}, which is not on this server; CREATE ROLE it, then start again; nothing was done`,
    });
    expect(differences(damaged, await world.now())).toEqual([]);
    await world.database.query(`CREATE ROLE ${role}`);
    ended(await world.restore(...MERGE, '--tables', 'main'), 0);
    expect(differences(world.before, await world.now())).toEqual([]);
  });

  it('comes back without what is not there any more, and says what', async () => {
    const role = roleName();
    const world = await saved(
      17,
      `CREATE ROLE ${role}; CREATE TABLE public.main (id integer PRIMARY KEY); GRANT SELECT ON public.main TO ${role}; GRANT INSERT ON public.main TO PUBLIC;
       CREATE VIEW public.seen AS SELECT id FROM public.main; CREATE VIEW public.again AS SELECT id FROM public.seen;
       CREATE FUNCTION public.of(public.main) RETURNS integer LANGUAGE sql AS 'SELECT 1';
       CREATE PUBLICATION news FOR TABLE public.main;`,
    );
    await world.database.query(`DROP PUBLICATION news; DROP TABLE public.main CASCADE; DROP ROLE ${role}`);
    const { notVerified } = ended(await world.restore(...MERGE, '--tables', 'main'), 2);
    expect(notVerified).toEqual([
      'PUBLICATION news, which it was part of, is not there any more',
      'FUNCTION public.of(public.main) depended on it and is not there any more',
      'VIEW public.seen depended on it and is not there any more',
      'VIEW public.again depended on it and is not there any more',
      `«GRANT SELECT ON TABLE public.main TO ${role};» was not done (role "${role}" does not exist (42704))`,
    ]);
    const { rows } = await world.database.query(
      "SELECT relacl::text AS acl FROM pg_class WHERE relname = 'main'",
    );
    expect(rows).toEqual([{ acl: '{postgres=arwdDxtm/postgres,=a/postgres}' }]);
  });

  it('is made by a role that is no superuser, which row level security keeps from its own rows', async () => {
    const role = roleName();
    const world = await saved(
      17,
      `CREATE ROLE ${role} LOGIN; GRANT SET ON PARAMETER session_replication_role TO ${role}; GRANT CREATE ON SCHEMA public TO ${role};
       SET ROLE ${role}; ${FAMILY}
       ALTER TABLE public.main ENABLE ROW LEVEL SECURITY; ALTER TABLE public.main FORCE ROW LEVEL SECURITY;
       CREATE POLICY mine ON public.main USING (id < 3); GRANT SELECT ON public.main TO PUBLIC;`,
    );
    await world.database.query('DROP TABLE public.main CASCADE');
    const target = new URL(world.database.url);
    target.username = role;
    const env = { ...world.env, TARGET_DATABASE_URL: target.href };
    ended(await startEngine(['restore', world.id, ...MERGE, '--tables', 'main'], env).end, 0);
    expect(differences(world.before, await world.now())).toEqual([]);
  });

  it('is refused where it needs what cannot be made for it', async () => {
    const world = await saved(
      17,
      `CREATE COLLATION public.mine (provider = icu, locale = 'und'); CREATE TABLE public.main (id text COLLATE public.mine);`,
    );
    await world.database.query('DROP TABLE public.main; DROP COLLATION public.mine');
    const { error } = ended(await world.restore(...MERGE, '--tables', 'main'), 3);
    expect(error).toEqual({
      name: 'UnsuitableTargetError',
      message:
        'TABLE public.main cannot be made again: it needs COLLATION public.mine, which the target lacks: make that first; nothing was done',
    });
  });

  it('is refused where its name, or that of its sequence, is taken', async () => {
    const world = await saved(
      17,
      'CREATE TABLE public.main (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY)',
    );
    const refused = async (sql: string) => {
      await world.database.query(sql);
      return ended(await world.restore(...MERGE, '--tables', 'main'), 3).error.message;
    };
    expect(await refused('DROP TABLE public.main; CREATE VIEW public.main AS SELECT 1 AS id')).toBe(
      'TABLE public.main cannot be made again: it would take the name of something that is there: rename or drop that; nothing was done',
    );
    expect(await refused('DROP VIEW public.main; CREATE SEQUENCE public.main_id_seq')).toBe(
      'SEQUENCE public.main_id_seq cannot be made again: it would take the name of something that is there: rename or drop that; nothing was done',
    );
    await world.database.query('DROP SEQUENCE public.main_id_seq');
    ended(await world.restore('--mode', 'table', '--tables', 'main', '--strategy', 'replace'), 0);
    expect(differences(world.before, await world.now())).toEqual([]);
  });

  it('leaves the target as it was when an index cannot be built any more', async () => {
    const world = await saved(
      17,
      `CREATE FUNCTION public.plain(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT lower($1)';
       CREATE FUNCTION public.shown(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN plain($1); END';
       CREATE TABLE public.words (word text); CREATE INDEX words_shown ON public.words (public.shown(word)); INSERT INTO public.words VALUES ('W');`,
    );
    await world.database.query('DROP TABLE public.words');
    const damaged = await world.now();
    const { error } = ended(await world.restore(...MERGE, '--tables', 'words'), 1);
    expect(error).toEqual({
      name: 'DatabaseFailedError',
      message:
        'the database failed while making INDEX public.words_shown: function plain(text) does not exist (42883); nothing was changed',
    });
    expect(differences(damaged, await world.now())).toEqual([]);
  });

  it('leaves the target as it was when rows that are there now refer to none of it', async () => {
    const world = await saved(17, FAMILY);
    await world.database.query('DROP TABLE public.main CASCADE; INSERT INTO public.kids VALUES (99, 99)');
    const damaged = await world.now();
    const { error } = ended(await world.restore(...MERGE, '--tables', 'main'), 1);
    expect(error.name).toBe('RowsOrphanedError');
    expect(error.message).toContain('rows of public.kids (kids_main_fkey), such as main = 99');
    expect(differences(damaged, await world.now())).toEqual([]);
  });

  it('brings the rows along that its own refer to, when told to', async () => {
    const world = await saved(17, FAMILY);
    await world.database.query('DROP TABLE public.main CASCADE; DELETE FROM public.parents WHERE id = 3');
    const damaged = await world.now();
    const { error } = ended(await world.restore(...MERGE, '--tables', 'main'), 1);
    expect(error.name).toBe('RowsOrphanedError');
    expect(differences(damaged, await world.now())).toEqual([]);
    const { tables } = ended(await world.restore(...MERGE, '--tables', 'main', '--with-parents'), 0);
    expect(tables).toEqual([
      { table: 'public.main', inserted: 20, updated: 0, unchanged: 0, deleted: 0 },
      { table: 'public.parents', inserted: 1, updated: 0, unchanged: 0, deleted: 0 },
    ]);
    expect(differences(world.before, await world.now())).toEqual([]);
  });

  it('leaves the target as it was when the restore is stopped while it makes it', async () => {
    const world = await saved(17, FAMILY);
    await world.database.query('DROP TABLE public.main CASCADE');
    const damaged = await world.now();
    await withClient(world.database.url, async (holder) => {
      await holder.query('BEGIN; LOCK TABLE public.kids IN ROW EXCLUSIVE MODE');
      const run = startEngine(['restore', world.id, ...MERGE, '--tables', 'main'], world.env);
      const waiting =
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      while ((await world.database.query(waiting)).rowCount === 0) await sleep(50);
      run.child.kill('SIGTERM');
      const end = await run.end;
      expect(end.exitCode).toBe(1);
      expect(end.result.error.name).toBe('InterruptedError');
    });
    expect(differences(damaged, await world.now())).toEqual([]);
  });

  it('is not made for single rows of it', async () => {
    const world = await saved(17, FAMILY);
    await world.database.query('DROP TABLE public.main CASCADE');
    const { error } = ended(await world.restore('--mode', 'rows', '--row', 'main:id=1'), 3);
    expect(error).toEqual({
      name: 'UnsuitableTargetError',
      message:
        'the target has no table public.main; bring it back as a whole first: --mode table --tables public.main --strategy merge',
    });
  });
});
