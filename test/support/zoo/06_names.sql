-- Names that quoting code trips over.
CREATE TABLE "odd.sch""ema '한글'"."tab.le ""q"" 'a' 100% $1 \ /*x*/ --" (
  "col.umn ""x""" int PRIMARY KEY, "한글 열" text DEFAULT '값', "%I %s %L" text, "$1" text, "$$" text, "back\slash" text,
  "UPPER" int, " lead and trail " int, "new
line" text, "tab	name" text, "😀" text);
INSERT INTO "odd.sch""ema '한글'"."tab.le ""q"" 'a' 100% $1 \ /*x*/ --"
  VALUES (1, '가', '%', '$', '$$', '\', 1, 2, 'n', 't', '😀'), (2, DEFAULT, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE INDEX "in.dex ""한글""" ON "odd.sch""ema '한글'"."tab.le ""q"" 'a' 100% $1 \ /*x*/ --" ("한글 열", "UPPER");
COMMENT ON COLUMN "odd.sch""ema '한글'"."tab.le ""q"" 'a' 100% $1 \ /*x*/ --"."한글 열" IS E'it''s\n\\. 한글';
ALTER TABLE "odd.sch""ema '한글'"."tab.le ""q"" 'a' 100% $1 \ /*x*/ --" OWNER TO "zoo writer";
CREATE TABLE "odd.sch""ema '한글'"."a.b" (id int); INSERT INTO "odd.sch""ema '한글'"."a.b" VALUES (1);
CREATE TABLE "Upper Case"."Table" ("Id" serial PRIMARY KEY, "Value" text); INSERT INTO "Upper Case"."Table" ("Value") VALUES ('V'), ('v');
CREATE TABLE "Upper Case"."table" ("id" int); INSERT INTO "Upper Case"."table" VALUES (7);
CREATE TABLE zoo."select" ("from" int, "where" text, "order" int, "group" text, "user" text, "end" int, "null" text, "default" text, "primary" int PRIMARY KEY);
INSERT INTO zoo."select" VALUES (1, 'w', 2, 'g', 'u', 3, 'n', 'd', 4);
CREATE TABLE zoo."user" ("user" text); INSERT INTO zoo."user" VALUES ('current_user');
CREATE TABLE zoo."table" ("table" int, "column" int); INSERT INTO zoo."table" VALUES (1, 2), (2, 1);
CREATE TABLE zoo."weird\N" ("\N" text, "\." text); INSERT INTO zoo."weird\N" VALUES ('\N', '\.');
CREATE TABLE zoo.가나다라마바사아자차카타파하거너더러머버서 (열 int); INSERT INTO zoo.가나다라마바사아자차카타파하거너더러머버서 VALUES (1);
CREATE TABLE public.".hidden" (id int); INSERT INTO public.".hidden" VALUES (1);
CREATE TABLE public."../../etc/passwd" (id int); INSERT INTO public."../../etc/passwd" VALUES (1);
CREATE TABLE public."a/b" (id int); INSERT INTO public."a/b" VALUES (1);
CREATE TABLE public."a%2Fb" (id int); INSERT INTO public."a%2Fb" VALUES (2);
CREATE TABLE public."with*star?" (id int); INSERT INTO public."with*star?" VALUES (1);
CREATE TABLE public."withXstarY" (id int); INSERT INTO public."withXstarY" VALUES (2);

-- Columns named as the aliases and words that a comparing or copying query may use itself.
CREATE TABLE zoo.t (t text, tableoid_ int, x int, count int, "row" text, s text, r text, data text, oid_ text, md5 text, value text, key text, id int);
INSERT INTO zoo.t SELECT 't' || i, i, i, i, 'r', 's', 'r', 'd', 'o', md5(i::text), 'v', 'k', i FROM generate_series(1, 30) i;
CREATE TABLE zoo.x (x int, t zoo.t); INSERT INTO zoo.x SELECT 1, whole FROM zoo.t AS whole ORDER BY x LIMIT 1; INSERT INTO zoo.x VALUES (2, NULL);
CREATE TABLE public.t (t int); INSERT INTO public.t VALUES (1), (NULL);
CREATE TABLE zoo.ctid_like ("ctid_" text, "xmin_" text, "public" text, "t.t" text); INSERT INTO zoo.ctid_like VALUES ('(0,1)', '1', 'p', 'tt');

CREATE TABLE zoo.zero_columns ();
INSERT INTO zoo.zero_columns DEFAULT VALUES; INSERT INTO zoo.zero_columns DEFAULT VALUES; INSERT INTO zoo.zero_columns DEFAULT VALUES;
CREATE TABLE zoo.zero_columns_empty ();
CREATE TABLE zoo.empty_table (id int PRIMARY KEY, body text);
CREATE TABLE zoo.dropped_columns (a int, gone text, b text, gone_too numeric, c int GENERATED ALWAYS AS (a * 2) STORED);
INSERT INTO zoo.dropped_columns VALUES (1, 'x', 'b', 1.5), (2, 'y', 'bb', 2.5);
ALTER TABLE zoo.dropped_columns DROP gone, DROP gone_too, ADD added text DEFAULT 'from the catalog' NOT NULL;
INSERT INTO zoo.dropped_columns (a, b) VALUES (3, 'c');
CREATE TABLE zoo.all_dropped (a int, b int); INSERT INTO zoo.all_dropped VALUES (1, 1), (2, 2);
ALTER TABLE zoo.all_dropped DROP a, DROP b;
CREATE TABLE zoo.only_generated (g text GENERATED ALWAYS AS ('fixed') STORED); INSERT INTO zoo.only_generated DEFAULT VALUES;
DO $$ BEGIN EXECUTE 'CREATE TABLE zoo.many_columns (' || (SELECT string_agg(format('%I smallint', 'c' || i), ', ') FROM generate_series(1, 900) i) || ')'; END $$;
INSERT INTO zoo.many_columns (c1, c500, c900) VALUES (1, 2, 3), (NULL, NULL, NULL);
