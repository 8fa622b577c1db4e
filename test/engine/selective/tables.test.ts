import { describe, expect, it } from 'vitest';
import { differences } from '../../support/compare.ts';
import { ended, type SavedDatabase, saved } from '../../support/selective.ts';

/** Tables that make every kind of trouble at once; `shop` hangs together, `loose` has no key. */
const SCHEMA = `
  CREATE EXTENSION citext;
  CREATE SCHEMA "My ""Shop"".v2";
  CREATE TYPE public.mood AS ENUM ('sad', 'ok');
  CREATE TABLE public.log (at timestamptz DEFAULT now(), what text);
  CREATE TABLE public.people (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email citext UNIQUE NOT NULL,
    place int UNIQUE,
    mood public.mood NOT NULL DEFAULT 'ok',
    about json, at point, doc xml, price numeric, raw bytea,
    shout text GENERATED ALWAYS AS (upper(email::text)) STORED);
  CREATE TABLE "My ""Shop"".v2"."주문.목록" (
    shop int, number serial, person bigint REFERENCES public.people ON DELETE CASCADE,
    replaces int, PRIMARY KEY (shop, number), FOREIGN KEY (shop, replaces) REFERENCES "My ""Shop"".v2"."주문.목록");
  CREATE TABLE public."late,r" (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, note text);
  INSERT INTO public."late,r" VALUES (1, 'a'), (2, 'b');
  CREATE TABLE public.loose (a int, b json);
  CREATE TABLE public.visits (person bigint REFERENCES public.people, on_day date, seconds int, PRIMARY KEY (on_day, person))
    PARTITION BY RANGE (on_day);
  CREATE TABLE public.visits_2025 PARTITION OF public.visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  CREATE TABLE public.visits_2026 PARTITION OF public.visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log (what) VALUES (TG_NAME); RETURN NEW; END $$;
  CREATE TRIGGER usual AFTER INSERT OR UPDATE OR DELETE ON public.people FOR EACH ROW EXECUTE FUNCTION public.tell();
  CREATE TRIGGER always AFTER INSERT OR UPDATE OR DELETE ON public.people FOR EACH ROW EXECUTE FUNCTION public.tell();
  ALTER TABLE public.people ENABLE ALWAYS TRIGGER always;
  CREATE TRIGGER on_leaf AFTER INSERT ON public.visits_2025 FOR EACH ROW EXECUTE FUNCTION public.tell();
  ALTER TABLE public.visits_2025 ENABLE REPLICA TRIGGER on_leaf;
  INSERT INTO public.people (email, place, about, at, doc, price, raw)
    SELECT 'P' || n || '@x.kr', n, ('{"n": ' || n || '}')::json, point(n, -n), ('<a>' || n || '</a>')::xml, n * 1.50, decode('00ff', 'hex')
    FROM generate_series(1, 50) n;
  INSERT INTO "My ""Shop"".v2"."주문.목록" (shop, person, replaces) SELECT n % 3, n, NULL FROM generate_series(1, 30) n;
  UPDATE "My ""Shop"".v2"."주문.목록" SET replaces = number WHERE number < 5;
  INSERT INTO public.loose VALUES (1, '{"a":1}'), (1, '{"a":1}'), (2, NULL);
  INSERT INTO public.visits SELECT n, date '2025-07-01' + n * 10, n FROM generate_series(1, 50) n;
  DELETE FROM public.log;`;

/** Makes a mess of every table, without leaving the rules. */
const MESS = `
  SET session_replication_role = replica;
  UPDATE public.people SET mood = 'sad', about = '{"n" : 0}', at = point(0, 0), price = price + 0.00 WHERE id BETWEEN 10 AND 12;
  UPDATE public.people SET place = -place WHERE id IN (20, 21);
  UPDATE public.people SET place = CASE id WHEN 20 THEN 21 ELSE 20 END WHERE id IN (20, 21);
  DELETE FROM public.visits WHERE person IN (7, 8);
  DELETE FROM public.people WHERE id IN (7, 8);
  DELETE FROM "My ""Shop"".v2"."주문.목록" WHERE person IN (7, 8) OR number = 30;
  UPDATE public.visits SET seconds = 0 WHERE person < 5;
  DELETE FROM public.loose WHERE ctid = (SELECT min(ctid) FROM public.loose);
  DELETE FROM public.log;`;

const ALL = ['public.people', '"My ""Shop"".v2"."주문.목록"', 'loose', 'visits'];

const tables = (...names: string[]) => ['--mode', 'table', ...names.flatMap((name) => ['--tables', name])];

async function damagedWorld(major: 15 | 17): Promise<SavedDatabase & { damage: string[] }> {
  const world = await saved(major, SCHEMA);
  await world.database.query(MESS);
  return { ...world, damage: differences(world.before, await world.now()) };
}

describe.each([15, 17] as const)('tables on PostgreSQL %i', (major) => {
  it('are put back as they were by replace, whatever their types, keys, triggers and partitions', async () => {
    const world = await damagedWorld(major);
    const added = `SET session_replication_role = replica; INSERT INTO public.people (email) VALUES ('new@x.kr'); INSERT INTO public.loose VALUES (9); DELETE FROM public.log`;
    await world.database.query(added);
    const args = [...tables(...ALL), '--strategy', 'replace'];
    const refused = ended(await world.restore(...args), 3);
    expect(refused.error.name).toBe('ConfirmationMissingError');
    expect(refused.error.message).toContain(`--confirm ${world.database.name}`);
    const planned = ended(await world.restore(...args, '--plan'), 0);
    expect(planned.plan.confirmNeeded).toBe(world.database.name);

    const result = ended(await world.restore(...args, '--confirm', world.database.name), 0);
    expect(result.tables).toEqual(planned.plan.tables);
    expect(result.tables).toEqual([
      { table: 'public.people', inserted: 2, updated: 5, unchanged: 43, deleted: 1 },
      { table: 'My "Shop".v2.주문.목록', inserted: 3, updated: 0, unchanged: 27, deleted: 0 },
      { table: 'public.loose', inserted: 3, updated: 0, unchanged: 0, deleted: 3 },
      { table: 'public.visits', inserted: 2, updated: 4, unchanged: 44, deleted: 0 },
    ]);
    const left = differences(world.before, await world.now());
    // a number that was given out is not given out again
    expect(left.filter((line) => !line.includes('people_id_seq'))).toEqual([]);
    expect((await world.database.query('SELECT * FROM public.log')).rows).toEqual([]);
    const { rows } = await world.database.query(
      `SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
    );
    expect(rows).toEqual([
      { tgname: 'always', tgenabled: 'A' },
      { tgname: 'on_leaf', tgenabled: 'R' },
      { tgname: 'usual', tgenabled: 'O' },
    ]);
  });

  it('keep the rows that came since when they are merged', async () => {
    const world = await damagedWorld(major);
    await world.database.query(
      `INSERT INTO public.people (email) VALUES ('new@x.kr'); DELETE FROM public.log`,
    );
    const [people, orders, , visits] = ALL;
    const result = ended(
      await world.restore(
        ...tables(people ?? '', orders ?? '', visits ?? ''),
        ...['--strategy', 'merge', '--confirm', world.database.name],
      ),
      0,
    );
    expect(result.tables[0]).toEqual({
      table: 'public.people',
      inserted: 2,
      updated: 5,
      unchanged: 43,
      deleted: 0,
    });
    const { rows } = await world.database.query(
      `SELECT count(*)::int AS n FROM public.people WHERE email = 'new@x.kr'`,
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('can be looked at beside what is there now', async () => {
    const world = await damagedWorld(major);
    const result = ended(await world.restore(...tables(...ALL), '--strategy', 'inspect'), 0);
    expect(result.schema).toMatch(/^restored_daily_/);
    const { rows } = await world.database.query(
      `SELECT old.id::int FROM ${result.schema}.people old LEFT JOIN public.people USING (id) WHERE people.id IS NULL ORDER BY 1`,
    );
    expect(rows).toEqual([{ id: 7 }, { id: 8 }]);
    await world.database.query(`DROP SCHEMA ${result.schema} CASCADE`);
    expect(differences(world.before, await world.now())).toEqual(world.damage);
  });

  it('are found by quoted names, several at once, and told apart by a key that is checked late', async () => {
    const world = await saved(major, SCHEMA);
    await world.database.query(
      `UPDATE public."late,r" SET note = 'c' WHERE id = 1; DELETE FROM public."late,r" WHERE id = 2`,
    );
    const names = ['--tables', 'public."late,r",people', '--strategy', 'merge'];
    const result = ended(
      await world.restore('--mode', 'table', ...names, '--confirm', world.database.name),
      0,
    );
    expect(result.tables).toMatchObject([
      { table: 'public.late,r', inserted: 1, updated: 1 },
      { table: 'public.people', unchanged: 50 },
    ]);
    expect(differences(world.before, await world.now())).toEqual([]);
  });

  it('move their sequences on when rows come back that the sequence has not given out', async () => {
    const world = await saved(major, SCHEMA);
    await world.database.query(
      `SET session_replication_role = replica; DELETE FROM public.people WHERE id > 40; ALTER SEQUENCE public.people_id_seq RESTART WITH 41; DELETE FROM public.log`,
    );
    const result = ended(await world.restore(...tables('people'), '--strategy', 'merge'), 0);
    expect(result.sequences).toEqual([{ sequence: 'public.people_id_seq', to: '50' }]);
    expect(differences(world.before, await world.now())).toEqual([]);
  });
});

describe('a restore of tables refuses', () => {
  it.each<[string, string, string[], number, RegExp]>([
    [
      'a column dropped since',
      'ALTER TABLE public.loose DROP COLUMN b',
      [...tables('loose'), '--strategy', 'replace'],
      3,
      /loose\.b is only in the set.*--allow-unmatched/,
    ],
    [
      'a column added since',
      'ALTER TABLE public.people ADD extra int',
      [...tables('people'), '--strategy', 'merge'],
      3,
      /people\.extra is only in the target/,
    ],
    [
      'to merge a table without a key',
      '',
      [...tables('loose'), '--strategy', 'merge'],
      3,
      /loose: no primary key/,
    ],
    [
      'a table the set does not have',
      '',
      [...tables('peple'), '--strategy', 'merge'],
      3,
      /did you mean public\.people/,
    ],
    [
      'the name of another database',
      '',
      [...tables('people'), '--strategy', 'merge', '--confirm', 'other'],
      3,
      /--confirm says other/,
    ],
    [
      'to delete what others refer to',
      `INSERT INTO public.people (email) VALUES ('new@x.kr'); INSERT INTO public.visits SELECT id, '2026-02-02', 1 FROM public.people WHERE email = 'new@x.kr'`,
      [...tables('people'), '--strategy', 'replace'],
      1,
      /1 of public\.visits refer to rows of public\.people.*"person": ?51/,
    ],
    [
      'rows whose parents are gone',
      'SET session_replication_role = replica; DELETE FROM public.people WHERE id = 3; DELETE FROM public.visits WHERE person = 3',
      [...tables('visits'), '--strategy', 'merge'],
      1,
      /1 of public\.visits refer to rows of public\.people.*--with-parents/,
    ],
    [
      'a value that another row has now',
      `SET session_replication_role = replica; DELETE FROM public.people WHERE id = 3; INSERT INTO public.people (email) VALUES ('p3@X.kr')`,
      [...tables('people'), '--strategy', 'merge'],
      1,
      /refused rows of public\.people by people_email_key/,
    ],
  ])('%s, and changes nothing', async (_, change, args, exitCode, message) => {
    const world = await saved(17, SCHEMA);
    await world.database.query(change);
    const before = await world.now();
    const confirm = args.includes('--confirm') ? [] : ['--confirm', world.database.name];
    const result = ended(await world.restore(...args, ...confirm), exitCode);
    expect(result.error.message).toMatch(message);
    expect(differences(before, await world.now())).toEqual([]);
  });

  it('unless told otherwise: columns that do not match are left alone, and named', async () => {
    const world = await saved(15, SCHEMA);
    await world.database.query(
      `ALTER TABLE public.people DROP COLUMN about, ADD extra int NOT NULL DEFAULT 5;
       SET session_replication_role = replica; UPDATE public.people SET extra = 6, mood = 'sad' WHERE id = 1; DELETE FROM public.people WHERE id = 2`,
    );
    const args = [
      ...tables('people'),
      '--strategy',
      'merge',
      '--allow-unmatched',
      '--confirm',
      world.database.name,
    ];
    const result = ended(await world.restore(...args), 2);
    expect(result.notVerified).toEqual([
      'public.people.about is only in the set',
      'public.people.extra is only in the target',
    ]);
    const { rows } = await world.database.query(
      'SELECT id::int, mood, extra FROM public.people WHERE id < 4 ORDER BY id',
    );
    expect(rows).toEqual([
      { id: 1, mood: 'ok', extra: 6 },
      { id: 2, mood: 'ok', extra: 5 },
      { id: 3, mood: 'ok', extra: 5 },
    ]);
  });

  it('unless the parents may come along', async () => {
    const world = await saved(15, SCHEMA);
    await world.database.query(
      'SET session_replication_role = replica; DELETE FROM public.visits WHERE person < 4; DELETE FROM public.people WHERE id < 4; DELETE FROM public.log',
    );
    const result = ended(
      await world.restore(...tables('visits'), '--strategy', 'merge', '--with-parents'),
      0,
    );
    expect(
      result.tables.map(({ table, inserted }: { table: string; inserted: number }) => [table, inserted]),
    ).toEqual([
      ['public.visits', 3],
      ['public.people', 3],
    ]);
    expect(differences(world.before, await world.now())).toEqual([]);
  });
});
