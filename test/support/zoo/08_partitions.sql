CREATE TABLE zoo.events (id bigint NOT NULL, region text, at date NOT NULL, body text DEFAULT 'p', n int DEFAULT 1)
  PARTITION BY RANGE (at);
CREATE TABLE zoo.events_old PARTITION OF zoo.events FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE zoo.events_2025 PARTITION OF zoo.events (body DEFAULT 'changed default') FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (region);
CREATE TABLE zoo.events_2025_kr PARTITION OF zoo.events_2025 FOR VALUES IN ('서울', 'it''s', NULL) PARTITION BY HASH (id);
CREATE TABLE zoo.events_2025_kr_0 PARTITION OF zoo.events_2025_kr FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE zoo.events_2025_kr_1 PARTITION OF zoo.events_2025_kr FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE zoo.events_2025_kr_3 PARTITION OF zoo.events_2025_kr FOR VALUES WITH (MODULUS 4, REMAINDER 3) WITH (fillfactor = 70);
CREATE TABLE zoo.events_2025_rest PARTITION OF zoo.events_2025 DEFAULT;
CREATE TABLE zoo.events_default PARTITION OF zoo.events DEFAULT;
-- Attached later: other column order, a dropped column, an own check, default and index, another schema.
CREATE TABLE "odd.sch""ema '한글'"."part 2026" (n int DEFAULT 9, gone int, at date NOT NULL, body text, region text, id bigint NOT NULL, CHECK (n > 0));
INSERT INTO "odd.sch""ema '한글'"."part 2026" VALUES (3, 0, '2026-02-03', 'attached', '부산', 999001);
ALTER TABLE "odd.sch""ema '한글'"."part 2026" DROP gone;
CREATE INDEX part_2026_at ON "odd.sch""ema '한글'"."part 2026" (at);
ALTER TABLE zoo.events ATTACH PARTITION "odd.sch""ema '한글'"."part 2026" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX events_at ON zoo.events (at);
CREATE UNIQUE INDEX events_key ON zoo.events (id, at, region);
ALTER TABLE zoo.events ADD CONSTRAINT events_n CHECK (n < 1000), ADD CONSTRAINT parent_only CHECK (n IS NOT NULL) NOT VALID;
-- An index on ONLY the parent stays invalid until every partition has one.
CREATE INDEX events_unfinished ON ONLY zoo.events (body);
INSERT INTO zoo.events (id, region, at, n)
  SELECT i, (ARRAY['서울', 'it''s', NULL, '대전', ''])[1 + i % 5], date '2024-06-01' + i % 900, 1 + i % 500 FROM generate_series(1, 20000) i;
ALTER TABLE zoo.events_old OWNER TO zoo_owner;
GRANT SELECT ON zoo.events_2025_kr_0 TO zoo_reader;
COMMENT ON TABLE zoo.events_2025_kr_1 IS 'partition of a partition of a partition';

-- The hash of an enum depends on OIDs: rows must go in through the parent in a new database.
CREATE TABLE zoo.by_mood (mood zoo.mood, id int, CONSTRAINT by_mood_key PRIMARY KEY (id, mood)) PARTITION BY HASH (mood);
CREATE TABLE zoo.by_mood_0 PARTITION OF zoo.by_mood FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE zoo.by_mood_1 PARTITION OF zoo.by_mood FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE zoo.by_mood_2 PARTITION OF zoo.by_mood FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO zoo.by_mood SELECT (enum_range(NULL::zoo.mood))[1 + i % 10], i FROM generate_series(1, 5000) i;

CREATE TABLE zoo.by_expression (id int, body text, amount numeric) PARTITION BY RANGE (lower(body) COLLATE "C", amount);
CREATE TABLE zoo.by_expression_a PARTITION OF zoo.by_expression FOR VALUES FROM ('a', MINVALUE) TO ('m', 3.5);
CREATE TABLE zoo.by_expression_b PARTITION OF zoo.by_expression FOR VALUES FROM ('m', 3.5) TO (MAXVALUE, MAXVALUE);
INSERT INTO zoo.by_expression VALUES (1, 'Apple', 1), (2, 'M', 3.5), (3, 'm', 3.4), (4, 'z', 'NaN');
CREATE TABLE zoo.no_partitions (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE zoo.by_bool (ok boolean, n int) PARTITION BY LIST (ok);
CREATE TABLE zoo.by_bool_true PARTITION OF zoo.by_bool FOR VALUES IN (true);
CREATE FOREIGN TABLE zoo.by_bool_far PARTITION OF zoo.by_bool FOR VALUES IN (false) SERVER zoo_remote;
INSERT INTO zoo.by_bool VALUES (true, 1), (true, NULL);

-- Foreign keys from and to partitioned tables, a row trigger cloned to the partitions.
CREATE TABLE zoo.mood_notes (id int PRIMARY KEY, mood_id int, mood zoo.mood, FOREIGN KEY (mood_id, mood) REFERENCES zoo.by_mood ON UPDATE CASCADE);
INSERT INTO zoo.mood_notes SELECT id, id, mood FROM zoo.by_mood WHERE id <= 50;
CREATE FUNCTION zoo.leave_alone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER cloned AFTER UPDATE ON zoo.events FOR EACH ROW EXECUTE FUNCTION zoo.leave_alone();
ALTER TABLE zoo.events_old DISABLE TRIGGER cloned;
