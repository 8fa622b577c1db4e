import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { differences } from '../../support/compare.ts';
import { configEnv, engine } from '../../support/engine.ts';
import { backUp } from '../../support/runs.ts';
import { ended, saved } from '../../support/selective.ts';

const BACK = ['--mode', 'table', '--strategy', 'merge'];

/** A table with all that can hang on one, what it needs, and what hangs on it from outside. */
function everything(role: string): string {
  return `
  CREATE ROLE ${role}_owner; CREATE ROLE ${role}_reader;
  CREATE TYPE public.mood AS ENUM ('sad', 'ok'); COMMENT ON TYPE public.mood IS 'feelings';
  CREATE DOMAIN public.positive AS integer CHECK (VALUE > 0);
  CREATE SEQUENCE public.shared;
  CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$
-- Name: a comment; Type: TABLE; Schema: public; Owner: nobody

BEGIN NEW.at := pg_catalog.now(); RETURN NEW; END $$;
  CREATE FUNCTION public.standard() RETURNS text LANGUAGE sql AS 'SELECT ''x''';
  CREATE TABLE public.parents (id serial PRIMARY KEY, name text);
  CREATE TABLE public.main (id serial PRIMARY KEY, number integer GENERATED ALWAYS AS IDENTITY,
    parent integer REFERENCES public.parents, above integer REFERENCES public.main, moods public.mood[], p public.positive,
    n integer DEFAULT nextval('public.shared'), g text DEFAULT public.standard(), at timestamptz,
    twice integer GENERATED ALWAYS AS (id * 2) STORED, note varchar(20) NOT NULL DEFAULT 'a', CHECK (id > 0), UNIQUE (note));
  CREATE INDEX main_n ON public.main (n) WHERE n > 0;
  ALTER TABLE public.main CLUSTER ON main_pkey;
  CREATE STATISTICS public.main_s ON n, p FROM public.main;
  COMMENT ON TABLE public.main IS 'hi'; COMMENT ON COLUMN public.main.n IS 'c'; COMMENT ON INDEX public.main_n IS 'x';
  COMMENT ON CONSTRAINT main_note_key ON public.main IS 'k';
  GRANT SELECT ON public.main TO ${role}_reader; GRANT UPDATE (note) ON public.main TO ${role}_reader WITH GRANT OPTION;
  GRANT USAGE ON SEQUENCE public.main_id_seq TO ${role}_reader;
  ALTER TABLE public.main REPLICA IDENTITY USING INDEX main_note_key;
  INSERT INTO public.parents (name) SELECT 'p' || i FROM generate_series(1, 5) i;
  INSERT INTO public.main (parent, above, moods, p, note, at)
    SELECT i % 5 + 1, CASE WHEN i > 1 THEN i - 1 END, '{sad,ok}', i, 'note ' || i, '2026-01-01' FROM generate_series(1, 100) i;
  SELECT setval('public.main_id_seq', 250);
  CREATE TRIGGER touched BEFORE INSERT ON public.main FOR EACH ROW EXECUTE FUNCTION public.touch();
  ALTER TABLE public.main ENABLE ALWAYS TRIGGER touched;
  ALTER TABLE public.main ENABLE ROW LEVEL SECURITY; ALTER TABLE public.main FORCE ROW LEVEL SECURITY;
  CREATE POLICY "some of" ON public.main TO ${role}_reader USING (id > 1);
  ALTER TABLE public.main OWNER TO ${role}_owner;
  CREATE TABLE public.kids (id integer PRIMARY KEY, main integer REFERENCES public.main ON DELETE CASCADE);
  INSERT INTO public.kids SELECT i, i FROM generate_series(1, 50) i;
  CREATE POLICY theirs ON public.kids USING (EXISTS (SELECT FROM public.main m WHERE m.id = kids.main));
  CREATE RULE noting AS ON UPDATE TO public.kids DO ALSO UPDATE public.main SET note = note WHERE false;
  CREATE PUBLICATION news FOR TABLE public.main, public.kids;`;
}

const roleName = () => `r_${randomUUID().slice(0, 8)}`;

describe.each([15, 17] as const)('a dropped table on PostgreSQL %i', (major) => {
  it('comes back with all that was on it, and what others lost with it', async () => {
    const role = roleName();
    const world = await saved(major, everything(role));
    await world.database.query('DROP TABLE public.main CASCADE');
    const damaged = differences(world.before, await world.now());

    const { plan } = ended(await world.restore(...BACK, '--tables', 'main', '--plan'), 0);
    expect(plan.tables).toEqual([
      { table: 'public.main', inserted: 100, updated: 0, unchanged: 0, deleted: 0 },
    ]);
    expect(differences(world.before, await world.now())).toEqual(damaged);

    const result = ended(await world.restore(...BACK, '--tables', 'main'), 0);
    expect(differences(world.before, await world.now())).toEqual([]);
    expect(result.outcome).toBe('verified');
    expect(result.recreated).toEqual(plan.recreated);
    expect(result.recreated.alsoNeeded).toEqual([]);
    expect(result.recreated.ofOtherTables).toEqual([
      'RULE public.kids noting',
      'FK CONSTRAINT public.kids kids_main_fkey',
      'POLICY public.kids theirs',
    ]);
    expect(result.recreated.made).toContain('TRIGGER public.main touched');
  });

  it('brings the types, functions and sequences back that went with it, and opens nothing to others', async () => {
    const role = roleName();
    const world = await saved(major, everything(role));
    await world.database.query(`DROP TABLE public.main CASCADE; DROP TYPE public.mood; DROP DOMAIN public.positive;
      DROP FUNCTION public.touch; DROP FUNCTION public.standard; DROP SEQUENCE public.shared;
      ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO PUBLIC;
      ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM PUBLIC;`);
    const result = ended(await world.restore(...BACK, '--tables', 'main'), 0);
    expect(result.recreated.alsoNeeded).toEqual([
      'TYPE public.mood',
      'DOMAIN public.positive',
      'FUNCTION public.standard()',
      'FUNCTION public.touch()',
      'SEQUENCE public.shared',
    ]);
    await world.database.query(`ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM PUBLIC;
      ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO PUBLIC;`);
    expect(differences(world.before, await world.now())).toEqual([]);
  });

  it('comes back out of a set that holds it alone', async () => {
    const role = roleName();
    const config = await configEnv({ levels: { critical: ['main'], important: ['parents'] } });
    const world = await saved(major, everything(role), config);
    const { id } = await backUp(world.env, '--kind', 'critical');
    await world.database.query('DROP TABLE public.main CASCADE');
    const end = await engine(['restore', id, ...BACK, '--tables', 'main'], world.env);
    expect(ended(end, 0).outcome).toBe('verified');
    expect(differences(world.before, await world.now())).toEqual([]);
  });
});
