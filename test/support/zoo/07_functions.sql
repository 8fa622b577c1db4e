CREATE FUNCTION helpers.next_code(prefix text DEFAULT 'Z') RETURNS text LANGUAGE sql IMMUTABLE
  RETURN prefix || '-' || length(prefix);
CREATE FUNCTION helpers.is_even(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 7 AS $$
BEGIN
  -- Name: this comment looks like pg_dump's own; Type: TABLE
  RETURN n % 2 = 0; -- \. \restrict
END $$;
CREATE FUNCTION zoo.atomic_body(a int, b int DEFAULT 2, VARIADIC rest int[] DEFAULT '{}') RETURNS TABLE (total bigint, "한글" text)
  LANGUAGE sql STABLE ROWS 3
  BEGIN ATOMIC
    SELECT a + b + coalesce(sum(r), 0), 'x' AS text FROM unnest(rest) AS r;
    SELECT n, n::text FROM generate_series(a, b) AS n;
  END;
CREATE FUNCTION zoo.set_of(OUT id int, OUT body text) RETURNS SETOF record LANGUAGE plpgsql AS $body$
BEGIN RETURN QUERY SELECT g, $$dollar 'quote' \$$ || g FROM generate_series(1, 3) g; END $body$;
CREATE FUNCTION zoo.careful() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' SET "TimeZone" = 'Asia/Seoul'
  SET work_mem FROM CURRENT LEAKPROOF AS $$ SELECT current_user::text $$;
CREATE FUNCTION zoo.careful(int) RETURNS text LANGUAGE sql SET search_path = pg_catalog, "Upper Case", "odd.sch""ema '한글'"
  AS $$ SELECT 'overloaded' $$;
CREATE FUNCTION zoo."이름 ""f"""(p zoo.pair, INOUT q anyelement) LANGUAGE sql IMMUTABLE AS 'SELECT q';
CREATE FUNCTION zoo.unchecked() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT no_such_column FROM no_such_table); END $$;
CREATE PROCEDURE zoo.do_work(INOUT n int, note text = E'it''s\n') LANGUAGE plpgsql AS $$ BEGIN n := n + 1; COMMIT; END $$;
CREATE PROCEDURE zoo.atomic_work() LANGUAGE sql BEGIN ATOMIC INSERT INTO zoo.empty_table VALUES (1, 'w'); DELETE FROM zoo.empty_table; END;
ALTER FUNCTION zoo.careful() OWNER TO zoo_owner;
REVOKE EXECUTE ON FUNCTION zoo.careful() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION zoo.careful() TO zoo_reader, "zoo.역할";
GRANT EXECUTE ON PROCEDURE zoo.do_work(int, text) TO zoo_reader WITH GRANT OPTION;
COMMENT ON FUNCTION zoo.careful() IS 'runs as its owner';
COMMENT ON PROCEDURE zoo.do_work(int, text) IS '절차';

CREATE FUNCTION zoo.join_step(state text, value text) RETURNS text LANGUAGE sql IMMUTABLE RETURN coalesce(state || '|', '') || coalesce(value, '?');
CREATE AGGREGATE zoo.joined(text) (SFUNC = zoo.join_step, STYPE = text);
CREATE AGGREGATE zoo.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', COMBINEFUNC = int4pl, PARALLEL = SAFE,
  MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int, MINITCOND = '0', SORTOP = >);
CREATE AGGREGATE zoo.middle(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
  FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
COMMENT ON AGGREGATE zoo.joined(text) IS 'with bars';

CREATE FUNCTION zoo.pair_equal(zoo.pair, zoo.pair) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN ($1).a IS NOT DISTINCT FROM ($2).a;
CREATE FUNCTION zoo.int_distance(int, int) RETURNS int LANGUAGE sql IMMUTABLE RETURN abs($1 - $2);
CREATE OPERATOR zoo.<~> (LEFTARG = int, RIGHTARG = int, FUNCTION = zoo.int_distance, COMMUTATOR = OPERATOR(zoo.<~>));
CREATE OPERATOR zoo.=== (LEFTARG = zoo.pair, RIGHTARG = zoo.pair, FUNCTION = zoo.pair_equal, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR zoo.@#@ (RIGHTARG = bigint, FUNCTION = factorial);
COMMENT ON OPERATOR zoo.<~> (int, int) IS 'distance';
CREATE FUNCTION zoo.compare_backwards(int, int) RETURNS int LANGUAGE sql IMMUTABLE RETURN btint4cmp($2, $1);
CREATE OPERATOR FAMILY zoo.backwards_family USING btree;
CREATE OPERATOR CLASS zoo.backwards FOR TYPE int USING btree FAMILY zoo.backwards_family AS
  OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 zoo.compare_backwards(int, int);
ALTER OPERATOR CLASS zoo.backwards USING btree OWNER TO zoo_owner;
COMMENT ON OPERATOR CLASS zoo.backwards USING btree IS 'descending';

CREATE FUNCTION zoo.pair_to_text(zoo.pair) RETURNS text LANGUAGE sql IMMUTABLE RETURN ($1).b;
CREATE CAST (zoo.pair AS text) WITH FUNCTION zoo.pair_to_text(zoo.pair) AS ASSIGNMENT;
CREATE CAST (text AS zoo.mood) WITH INOUT AS IMPLICIT;
COMMENT ON CAST (zoo.pair AS text) IS 'its b';
CREATE TRANSFORM FOR zoo.pair LANGUAGE sql (FROM SQL WITH FUNCTION time_support(internal));
CREATE CONVERSION zoo.conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE ACCESS METHOD zoo_method TYPE INDEX HANDLER bthandler;
CREATE ACCESS METHOD zoo_heap TYPE TABLE HANDLER heap_tableam_handler;
COMMENT ON ACCESS METHOD zoo_method IS 'btree by another name';

CREATE TABLE zoo.uses_functions (
  id int PRIMARY KEY CONSTRAINT even CHECK (helpers.is_even(id)),
  code text DEFAULT helpers.next_code('한'),
  doubled int GENERATED ALWAYS AS (zoo.int_distance(id, -id)) STORED,
  at timestamptz DEFAULT '2026-01-01 00:00:00+00'
);
INSERT INTO zoo.uses_functions (id) VALUES (2), (4);
CREATE INDEX uses_backwards ON zoo.uses_functions (id zoo.backwards);
CREATE INDEX uses_distance ON zoo.uses_functions (zoo.int_distance(id, 3), lower(code));

-- Text search: dictionary, configuration and a column that depends on it.
CREATE TEXT SEARCH DICTIONARY zoo.short_words (TEMPLATE = simple, stopwords = english, accept = false);
CREATE TEXT SEARCH DICTIONARY zoo."사전" (TEMPLATE = snowball, language = russian);
CREATE TEXT SEARCH CONFIGURATION zoo.searching (COPY = english);
ALTER TEXT SEARCH CONFIGURATION zoo.searching ALTER MAPPING FOR asciiword, word WITH zoo.short_words, extensions.unaccent, english_stem;
ALTER TEXT SEARCH CONFIGURATION zoo.searching DROP MAPPING FOR url;
CREATE TEXT SEARCH PARSER zoo.parsing (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE zoo.template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
COMMENT ON TEXT SEARCH CONFIGURATION zoo.searching IS '검색';
COMMENT ON TEXT SEARCH DICTIONARY zoo.short_words IS 'without stop words';
CREATE TABLE zoo.searched (id int PRIMARY KEY, body text, words tsvector GENERATED ALWAYS AS (to_tsvector('zoo.searching', body)) STORED);
INSERT INTO zoo.searched VALUES (1, 'The quick brown foxes jumped over the café'), (2, '한국어 본문과 words'), (3, NULL);
CREATE INDEX ON zoo.searched USING gin (words);
