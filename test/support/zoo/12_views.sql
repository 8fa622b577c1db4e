CREATE VIEW zoo.even_numbers AS SELECT id, code FROM zoo.uses_functions WHERE helpers.is_even(id) WITH LOCAL CHECK OPTION;
CREATE VIEW zoo.cascaded WITH (security_barrier = true, security_invoker = true) AS SELECT * FROM zoo.even_numbers WHERE id > 0 WITH CASCADED CHECK OPTION;
CREATE VIEW zoo.uses_many AS
  WITH RECURSIVE walk(id, depth) AS (
    SELECT id, 0 FROM zoo.tree WHERE parent IS NULL
    UNION ALL SELECT c.id, w.depth + 1 FROM zoo.tree c JOIN walk w ON c.parent = w.id)
  SELECT w.depth, count(*) AS "count", zoo.joined(w.id::text ORDER BY w.id) FILTER (WHERE w.id < 5) AS ids, f.body AS "한글 ""body""",
         rank() OVER (PARTITION BY w.depth % 2 ORDER BY w.depth DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS place
  FROM walk w LEFT JOIN LATERAL zoo.set_of() f ON f.id = w.depth
  GROUP BY GROUPING SETS ((w.depth, f.body), ());
CREATE VIEW zoo.on_views AS SELECT v.*, e.code FROM zoo.uses_many v CROSS JOIN zoo.even_numbers e;
ALTER VIEW zoo.on_views ALTER COLUMN code SET DEFAULT '기본';
-- Grouping by the key makes the view depend on the constraint, which pg_dump must order around.
CREATE VIEW zoo.depends_on_key AS SELECT id, body, count(*) FROM zoo.searched GROUP BY id;
CREATE VIEW zoo.view_without_columns AS SELECT;
CREATE RECURSIVE VIEW zoo.counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
-- Two views in a circle: each was replaced to read the other.
CREATE VIEW zoo.circle_a AS SELECT 1 AS n;
CREATE FUNCTION zoo.reads_circle() RETURNS SETOF zoo.circle_a LANGUAGE sql STABLE AS 'SELECT 2';
CREATE OR REPLACE VIEW zoo.circle_a AS SELECT n FROM zoo.reads_circle() AS r(n);
GRANT SELECT ON zoo.cascaded TO zoo_reader;
ALTER VIEW zoo.cascaded OWNER TO zoo_owner;
COMMENT ON VIEW zoo.uses_many IS '여러 개';
COMMENT ON COLUMN zoo.uses_many.ids IS 'joined';

CREATE MATERIALIZED VIEW zoo.moods_counted (mood, n) WITH (fillfactor = 80) AS SELECT mood, count(*) FROM zoo.by_mood GROUP BY mood;
CREATE UNIQUE INDEX moods_counted_key ON zoo.moods_counted (mood);
CREATE INDEX moods_counted_part ON zoo.moods_counted (n) WHERE n > 100;
CREATE MATERIALIZED VIEW zoo.on_matview AS SELECT max(n) AS most, zoo.joined(mood::text ORDER BY mood) AS all_moods FROM zoo.moods_counted;
CREATE MATERIALIZED VIEW zoo.a_before_its_source AS SELECT most + 1 AS more FROM zoo.on_matview;
CREATE MATERIALIZED VIEW zoo.empty_one AS SELECT * FROM zoo.searched WITH NO DATA;
CREATE MATERIALIZED VIEW zoo.on_empty_one AS SELECT count(*) FROM zoo.empty_one WITH NO DATA;
CREATE INDEX ON zoo.empty_one USING gin (words);
ALTER MATERIALIZED VIEW zoo.moods_counted CLUSTER ON moods_counted_key;
ALTER MATERIALIZED VIEW zoo.moods_counted ALTER mood SET STATISTICS 50;
ALTER MATERIALIZED VIEW zoo.on_matview OWNER TO zoo_owner;
COMMENT ON MATERIALIZED VIEW zoo.empty_one IS 'never refreshed';
GRANT SELECT ON zoo.moods_counted TO zoo_reader;
