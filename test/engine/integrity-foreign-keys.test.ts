import { describe, expect, it } from 'vitest';
import { makeDatabase } from '../support/engine.ts';
import { check, ruleNamed, unwatched, verdicts } from '../support/integrity.ts';

describe.each([15, 17] as const)('every foreign key is compared with the rows, PostgreSQL %i', (major) => {
  /** What becomes of the keys of a database made by some statements, and broken by others. */
  async function broken(sql: string, damage: string) {
    const database = await makeDatabase(major);
    await database.query(sql);
    expect((await check(database)).outcome).toBe('verified');
    await database.query(unwatched(damage));
    return check(database);
  }

  it('counts orphans exactly, shows 20 of their keys, and never another column', async () => {
    const report = await broken(
      `CREATE TABLE parents (id int PRIMARY KEY);
       CREATE TABLE children (id bigint PRIMARY KEY, parent int REFERENCES parents, secret text DEFAULT 'hidden');
       INSERT INTO parents SELECT generate_series(1, 100);
       INSERT INTO children SELECT n, n % 100 + 1 FROM generate_series(9007199254740993, 9007199254742992) n;
       INSERT INTO children VALUES (1, NULL)`,
      'DELETE FROM parents WHERE id <= 10',
    );
    expect(report).toMatchObject({ outcome: 'violated', counts: { errors: 1, foreignKeys: 1 } });
    const rule = ruleNamed(report, 'foreign-key:public.children.children_parent_fkey');
    expect(rule).toMatchObject({
      state: 'violated',
      severity: 'error',
      violations: '200',
      tables: ['public.children', 'public.parents'],
      constraint: 'children_parent_fkey',
    });
    expect(rule.samples).toHaveLength(20);
    for (const sample of rule.samples) {
      expect(Object.keys(sample).sort()).toEqual(['id', 'parent']);
      expect(BigInt(sample.id ?? 0) % 100n).toBe(BigInt(sample.parent ?? 0) - 1n);
      expect(Number(sample.parent)).toBeLessThanOrEqual(10);
    }
  });

  it('looks at keys that are NOT VALID, and says that they are', async () => {
    const database = await makeDatabase(major);
    await database.query(
      `CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE children (parent int); INSERT INTO children VALUES (1), (1), (2);
       ALTER TABLE children ADD CONSTRAINT fk FOREIGN KEY (parent) REFERENCES parents NOT VALID`,
    );
    const report = await check(database);
    expect(verdicts(report)).toEqual({
      'foreign-key:public.children.fk': 'violated 3',
      'not-validated:public.children.fk': 'violated 1',
    });
    expect(ruleNamed(report, 'not-validated:public.children.fk').severity).toBe('warning');
    await database.query('DELETE FROM children');
    expect(await check(database)).toMatchObject({ outcome: 'verified', counts: { errors: 0, warnings: 1 } });
  });

  it('checks a partitioned table once, at its root, and finds what is wrong in one leaf', async () => {
    const report = await broken(
      `CREATE TABLE parents (id int, part int, PRIMARY KEY (part, id), UNIQUE (id, part)) PARTITION BY LIST (part);
       CREATE TABLE parents_1 PARTITION OF parents FOR VALUES IN (1);
       CREATE TABLE parents_2 PARTITION OF parents FOR VALUES IN (2);
       CREATE TABLE children (n int, id int, part int, FOREIGN KEY (id, part) REFERENCES parents (id, part)) PARTITION BY RANGE (n);
       CREATE TABLE children_a PARTITION OF children FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
       CREATE TABLE children_aa PARTITION OF children_a FOR VALUES FROM (0) TO (100);
       CREATE TABLE children_b PARTITION OF children FOR VALUES FROM (10) TO (20);
       INSERT INTO parents SELECT n, 1 + n % 2 FROM generate_series(1, 20) n;
       INSERT INTO children SELECT n - 1, n, 1 + n % 2 FROM generate_series(1, 20) n`,
      'DELETE FROM parents_2 WHERE id = 13',
    );
    expect(verdicts(report)).toEqual({ 'foreign-key:public.children.children_id_part_fkey': 'violated 1' });
    expect(report.rules[0]?.samples).toEqual([{ id: '13', part: '2' }]);
  });

  it('lets a composite key be once a column is null with MATCH SIMPLE, and only with all with MATCH FULL', async () => {
    const report = await broken(
      `CREATE TABLE parents (a int, b text, PRIMARY KEY (b, a)); INSERT INTO parents VALUES (1, 'x');
       CREATE TABLE simple (id int PRIMARY KEY, a int, b text, FOREIGN KEY (a, b) REFERENCES parents (a, b));
       CREATE TABLE "full" (id int PRIMARY KEY, a int, b text, FOREIGN KEY (a, b) REFERENCES parents (a, b) MATCH FULL)`,
      `INSERT INTO simple VALUES (1, 1, 'x'), (2, 1, NULL), (3, 9, NULL), (4, NULL, NULL), (5, 1, 'y');
       INSERT INTO "full" SELECT * FROM simple`,
    );
    const ids = (name: string) =>
      ruleNamed(report, name)
        .samples.map(({ id }) => id)
        .sort();
    expect(ids('foreign-key:public.simple.simple_a_b_fkey')).toEqual(['5']);
    expect(ids('foreign-key:public.full.full_a_b_fkey')).toEqual(['2', '3', '5']);
  });

  it('finds its way through self references, cycles and schemas, whatever the names', async () => {
    const report = await broken(
      `CREATE SCHEMA "한글.schema"; CREATE SCHEMA "semi;'colon";
       CREATE TABLE "한글.schema"."a ""quoted"" table" (id int PRIMARY KEY, "up\nper" int REFERENCES "한글.schema"."a ""quoted"" table");
       CREATE TABLE "semi;'colon"."B" (id int PRIMARY KEY, a int REFERENCES "한글.schema"."a ""quoted"" table");
       ALTER TABLE "한글.schema"."a ""quoted"" table" ADD COLUMN b int, ADD CONSTRAINT "fk ""$1"" 'x'" FOREIGN KEY (b) REFERENCES "semi;'colon"."B" DEFERRABLE`,
      `INSERT INTO "한글.schema"."a ""quoted"" table" VALUES (1, 1, NULL), (2, 7, 7); INSERT INTO "semi;'colon"."B" VALUES (3, 4), (4, 1)`,
    );
    const quoted = 'foreign-key:"한글.schema"."a ""quoted"" table"';
    expect(Object.entries(verdicts(report))).toEqual([
      [`foreign-key:"semi;'colon"."B"."B_a_fkey"`, 'violated 1'],
      [`${quoted}."a ""quoted"" table_up\nper_fkey"`, 'violated 1'],
      [`${quoted}."fk ""$1"" 'x'"`, 'violated 1'],
    ]);
    expect(ruleNamed(report, `foreign-key:"semi;'colon"."B"."B_a_fkey"`).samples).toEqual([
      { id: '3', a: '4' },
    ]);
    expect(report.rules.flatMap(({ samples }) => samples)).toContainEqual({ id: '2', 'up\nper': '7' });
  });

  it('compares as the server does: other types, collations, domains, enums, arrays, rows', async () => {
    const report = await broken(
      `CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
       CREATE DOMAIN price AS numeric; CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TYPE pair AS (a int, b text);
       CREATE TABLE texts (id text COLLATE nocase PRIMARY KEY); INSERT INTO texts VALUES ('Abc');
       CREATE TABLE refers_text (id varchar(9) COLLATE "C" REFERENCES texts); INSERT INTO refers_text VALUES ('aBC');
       CREATE TABLE prices (id price PRIMARY KEY); INSERT INTO prices VALUES (1.0);
       CREATE TABLE refers_price (id int REFERENCES prices); INSERT INTO refers_price VALUES (1);
       CREATE TABLE moods (id mood PRIMARY KEY); INSERT INTO moods VALUES ('glad');
       CREATE TABLE refers_mood (id mood REFERENCES moods); INSERT INTO refers_mood VALUES ('glad');
       CREATE TABLE lists (id int[] PRIMARY KEY); INSERT INTO lists VALUES ('{1,2}');
       CREATE TABLE refers_list (id int[] REFERENCES lists); INSERT INTO refers_list VALUES ('{1,2}');
       CREATE TABLE pairs (id pair PRIMARY KEY); INSERT INTO pairs VALUES ((1, 'x'));
       CREATE TABLE refers_pair (id pair REFERENCES pairs); INSERT INTO refers_pair VALUES ((1, 'x'))`,
      `INSERT INTO refers_text VALUES ('abd'); INSERT INTO refers_price VALUES (2); INSERT INTO refers_mood VALUES ('sad');
       INSERT INTO refers_list VALUES ('{2,1}'); INSERT INTO refers_pair VALUES ((1, NULL))`,
    );
    expect(report.rules.map(({ samples, violations }) => [violations, samples[0]?.id])).toEqual([
      ['1', '{2,1}'],
      ['1', 'sad'],
      ['1', '(1,)'],
      ['1', '2'],
      ['1', 'abd'],
    ]);
  });

  it('takes a table that others inherit from for itself alone, as the server does', async () => {
    const report = await broken(
      `CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE heirs () INHERITS (parents);
       CREATE TABLE children (id int REFERENCES parents); CREATE TABLE grandchildren () INHERITS (children);
       INSERT INTO heirs VALUES (2); INSERT INTO grandchildren VALUES (99)`,
      'INSERT INTO children VALUES (2)',
    );
    expect(verdicts(report)).toEqual({ 'foreign-key:public.children.children_id_fkey': 'violated 1' });
    expect(report.rules[0]?.samples).toEqual([{ id: '2' }]);
  });

  it('follows an operator that lives in a schema of an extension', async () => {
    const report = await broken(
      `CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions;
       CREATE TABLE names (id extensions.citext PRIMARY KEY); INSERT INTO names VALUES ('Ada');
       CREATE TABLE refers (id extensions.citext REFERENCES names); INSERT INTO refers VALUES ('ADA')`,
      `INSERT INTO refers VALUES ('bob')`,
    );
    expect(report.rules[0]).toMatchObject({ violations: '1', samples: [{ id: 'bob' }] });
  });
});
