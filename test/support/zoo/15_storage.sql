CREATE UNLOGGED TABLE zoo.unlogged (id int PRIMARY KEY, body text);
INSERT INTO zoo.unlogged SELECT i, 'u' || i FROM generate_series(1, 1000) i;
CREATE TABLE zoo.stored (
  id int PRIMARY KEY WITH (fillfactor = 55),
  plain text, body text, external text, packed text COMPRESSION lz4, pglz text COMPRESSION pglz, counted int
) WITH (fillfactor = 60, autovacuum_enabled = false, toast_tuple_target = 256, parallel_workers = 3, toast.autovacuum_vacuum_threshold = 99);
ALTER TABLE zoo.stored ALTER plain SET STORAGE PLAIN, ALTER body SET STORAGE MAIN, ALTER external SET STORAGE EXTERNAL,
  ALTER counted SET STATISTICS 500, ALTER counted SET (n_distinct = -0.5, n_distinct_inherited = 10);
INSERT INTO zoo.stored SELECT i, 'p', repeat('main', 100 * i), repeat('ext', 100 * i), repeat('lz', 3000), repeat('pg', 3000), i FROM generate_series(1, 50) i;
CREATE TABLE zoo.clustered (id int PRIMARY KEY, n int, body text);
CREATE INDEX clustered_n ON zoo.clustered (n);
INSERT INTO zoo.clustered SELECT i, (i * 7919) % 1000, 'c' FROM generate_series(1, 1000) i;
CLUSTER zoo.clustered USING clustered_n;
CREATE TABLE zoo.other_method (id int) USING zoo_heap; INSERT INTO zoo.other_method VALUES (1);

CREATE TABLE zoo.indexed (id int, n int, body text, words text[], doc jsonb, spot point, at timestamptz, span int4range);
INSERT INTO zoo.indexed
  SELECT i, i % 50, md5(i::text), ARRAY['w' || i % 9], jsonb_build_object('k', i % 13), point(i, -i), timestamptz 'epoch' + i * interval '1 h', int4range(i, i + 3)
  FROM generate_series(1, 20000) i;
CREATE INDEX indexed_part ON zoo.indexed (n) WHERE body > 'a' AND n IS NOT NULL;
CREATE INDEX indexed_expr ON zoo.indexed (upper(body) text_pattern_ops, (n * 2 + 1) DESC NULLS LAST);
CREATE UNIQUE INDEX indexed_include ON zoo.indexed (id) INCLUDE (body, n) WITH (fillfactor = 70, deduplicate_items = off);
CREATE UNIQUE INDEX indexed_nulls ON zoo.indexed (id, n) NULLS NOT DISTINCT;
CREATE INDEX indexed_gin ON zoo.indexed USING gin (words, doc jsonb_path_ops) WITH (fastupdate = off);
CREATE INDEX indexed_gist ON zoo.indexed USING gist (spot, span) WITH (buffering = auto);
CREATE INDEX indexed_spgist ON zoo.indexed USING spgist (body);
CREATE INDEX indexed_brin ON zoo.indexed USING brin (at timestamptz_minmax_multi_ops (values_per_range = 16), n int4_bloom_ops) WITH (pages_per_range = 8, autosummarize);
CREATE INDEX indexed_hash ON zoo.indexed USING hash (body);
CREATE INDEX indexed_trigrams ON zoo.indexed USING gist (body extensions.gist_trgm_ops (siglen = 32));
CREATE OPERATOR CLASS zoo.method_times DEFAULT FOR TYPE timestamptz USING zoo_method AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 timestamptz_cmp(timestamptz, timestamptz);
CREATE INDEX "인덱스 ""q""" ON zoo.indexed (body COLLATE zoo.numeric_order);
ALTER INDEX zoo.indexed_expr ALTER COLUMN 2 SET STATISTICS 321;
COMMENT ON INDEX zoo.indexed_part IS '일부만';
ALTER TABLE zoo.indexed CLUSTER ON indexed_include;
ALTER TABLE zoo.texts REPLICA IDENTITY FULL;
ALTER TABLE zoo.numbers REPLICA IDENTITY NOTHING;
CREATE TABLE zoo.replica_by_index (id int NOT NULL, body text); INSERT INTO zoo.replica_by_index VALUES (1, 'r');
CREATE UNIQUE INDEX replica_key ON zoo.replica_by_index (id);
ALTER TABLE zoo.replica_by_index REPLICA IDENTITY USING INDEX replica_key;
COMMENT ON TABLE zoo.texts IS E'\\.\n한글 ''따옴표''';
COMMENT ON COLUMN zoo.texts.body IS 'any text';
ALTER TABLE zoo.bloated OWNER TO "zoo writer";
ALTER TABLE "Upper Case"."Table" OWNER TO "zoo.역할";
