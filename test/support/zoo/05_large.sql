-- Values and tables large enough for streams, TOAST and splitting into ranges. Hashes make them
-- incompressible and the same on every load.
CREATE TABLE zoo.huge_values (id int PRIMARY KEY, body bytea, note text);
ALTER TABLE zoo.huge_values ALTER body SET STORAGE EXTERNAL;
INSERT INTO zoo.huge_values
  SELECT 1, string_agg(sha512(i::text::bytea), '' ORDER BY i), 'forty megabytes of bytes' FROM generate_series(1, 655360) i;
INSERT INTO zoo.huge_values
  SELECT 2, NULL, string_agg(encode(sha512(i::text::bytea), 'base64'), '') FROM generate_series(1, 120000) i;
INSERT INTO zoo.huge_values VALUES (3, '', '');

CREATE TABLE zoo.thirty_megabytes (id bigint PRIMARY KEY, code uuid NOT NULL, body text, tags text[], at timestamptz);
INSERT INTO zoo.thirty_megabytes
  SELECT i, md5(i::text)::uuid, '이야기 ' || encode(sha512(i::text::bytea), 'hex') || E'\n\\.\t' || repeat(md5((i * 7)::text), 12),
         ARRAY['t' || i % 10, NULL, 'a"b,c'], timestamptz '2025-01-01 00:00+00' + i * interval '1 minute'
  FROM generate_series(1, 50000) i;
-- Gaps and a far outlier: ranges of the key cannot assume that ids are dense.
DELETE FROM zoo.thirty_megabytes WHERE id BETWEEN 10000 AND 14000 OR id % 97 = 0;
INSERT INTO zoo.thirty_megabytes VALUES
  (-9223372036854775808, md5('low')::uuid, 'lowest id', '{}', NULL), (9223372036854775807, md5('high')::uuid, 'highest id', NULL, 'infinity');

CREATE TABLE zoo.text_keys (key text PRIMARY KEY, value jsonb);
INSERT INTO zoo.text_keys
  SELECT (ARRAY['한', 'a', 'A', '_', 'é'])[1 + i % 5] || md5(i::text), jsonb_build_object('i', i, '설명', repeat('값', i % 40)) FROM generate_series(1, 30000) i;
INSERT INTO zoo.text_keys VALUES ('', '{}'), ('\N', '1'), (E'\n\\.\n', '2'), ('''; DROP TABLE zoo.text_keys; --', '3');

CREATE TABLE zoo.no_key (n int, body text);
INSERT INTO zoo.no_key SELECT i % 100, 'the same row again and again' FROM generate_series(1, 30000) i;
INSERT INTO zoo.no_key SELECT NULL, NULL FROM generate_series(1, 100);

CREATE TABLE zoo.composite_key (tenant uuid, at timestamptz, n numeric, body text, PRIMARY KEY (tenant, at, n));
INSERT INTO zoo.composite_key
  SELECT md5((i % 5)::text)::uuid, timestamptz 'epoch' + i * interval '1 s', i / 3.0, 'row ' || i FROM generate_series(1, 20000) i;

-- Pages emptied in the middle and rows moved to the end.
CREATE TABLE zoo.bloated (id int PRIMARY KEY, body text);
INSERT INTO zoo.bloated SELECT i, repeat('x', 500) FROM generate_series(1, 20000) i;
DELETE FROM zoo.bloated WHERE id BETWEEN 2000 AND 12000;
UPDATE zoo.bloated SET body = 'moved' WHERE id % 3 = 0;
