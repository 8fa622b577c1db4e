CREATE TYPE zoo.mood AS ENUM ('', 'so so', 'O''Brien', '"quoted"', '한국어', '😀', 'a,b', '{}', 'NULL', 'back\slash');
ALTER TYPE zoo.mood OWNER TO zoo_owner;
CREATE TYPE zoo.no_labels AS ENUM ();
CREATE TYPE zoo.pair AS (a int, b text COLLATE "C");
CREATE TYPE zoo.nested AS (p zoo.pair, ps zoo.pair[], m zoo.mood);
CREATE TYPE zoo.no_columns AS ();
CREATE TYPE zoo.shell_only;
COMMENT ON TYPE zoo.mood IS 'odd labels';
COMMENT ON COLUMN zoo.pair.a IS 'first of the pair';

CREATE DOMAIN zoo.positive AS int DEFAULT 1 CONSTRAINT positive_check CHECK (VALUE > 0);
CREATE DOMAIN zoo.very_positive AS zoo.positive NOT NULL CHECK (VALUE > 10);
CREATE DOMAIN zoo.positives AS zoo.positive[] CHECK (array_length(VALUE, 1) < 5);
CREATE DOMAIN zoo.korean_name AS text COLLATE "C" CHECK (VALUE ~ '^[가-힣 ]*$');
CREATE DOMAIN zoo.pair_domain AS zoo.pair CHECK (VALUE IS NULL OR (VALUE).a IS NOT NULL);
ALTER DOMAIN zoo.korean_name ADD CONSTRAINT not_too_long CHECK (length(VALUE) < 100) NOT VALID;
COMMENT ON DOMAIN zoo.positive IS '양수';
COMMENT ON CONSTRAINT positive_check ON DOMAIN zoo.positive IS 'above zero';
GRANT USAGE ON TYPE zoo.mood TO zoo_reader WITH GRANT OPTION;
REVOKE USAGE ON TYPE zoo.positive FROM PUBLIC;

CREATE FUNCTION zoo.float_gap(a float8, b float8) RETURNS float8
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN a - b;
CREATE TYPE zoo.float_range AS RANGE (
  subtype = float8, subtype_diff = zoo.float_gap, multirange_type_name = zoo.float_ranges);
CREATE TYPE zoo.text_range AS RANGE (subtype = text, collation = "C");

CREATE COLLATION zoo.case_blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION zoo.numeric_order (provider = icu, locale = 'ko-u-kn-true');
CREATE COLLATION zoo."한글 순서" (provider = icu, locale = 'ko-KR');
COMMENT ON COLLATION zoo.case_blind IS 'Ä and ä are the same';

CREATE TABLE zoo.collated (
  id int GENERATED ALWAYS AS IDENTITY,
  blind text COLLATE zoo.case_blind UNIQUE,
  ordered text COLLATE zoo.numeric_order,
  korean text COLLATE zoo."한글 순서",
  plain text COLLATE "C"
);
INSERT INTO zoo.collated (blind, ordered, korean, plain) VALUES
  ('Straße', 'a10', '하늘', 'b'), ('ABC', 'a9', '가나다', 'B'), ('abcd', 'A1', '나비', 'é'), (NULL, '', '', '');
CREATE INDEX collated_order ON zoo.collated (ordered COLLATE "C" DESC NULLS LAST, korean);

CREATE TABLE zoo.typed_values (
  id int PRIMARY KEY,
  mood zoo.mood DEFAULT 'so so',
  moods zoo.mood[],
  pair zoo.pair,
  nested zoo.nested,
  nothing zoo.no_columns,
  positive zoo.positive,
  positives zoo.positives,
  name zoo.korean_name,
  checked_pair zoo.pair_domain,
  int_range int4range,
  int_ranges int4multirange,
  float_range zoo.float_range,
  float_ranges zoo.float_ranges,
  text_range zoo.text_range,
  time_ranges tstzmultirange,
  cube int[][][]
);
INSERT INTO zoo.typed_values VALUES
  (1, '', enum_range(NULL::zoo.mood), '(1,"a ""b"" \\ , ()")', ROW(ROW(1, NULL), ARRAY[ROW(2, ''), ROW(NULL, 'x')]::zoo.pair[], '"quoted"'),
   ROW(), 5, '{1,2,3}', '홍 길동', '(3,)', '[1,10)', '{[1,3),[7,9)}', '[-Infinity,1.5e-300)', '{[1,2],(3,Infinity]}',
   '["a,b","한글"")")', '{["-infinity","2020-01-01 00:00:00+00"),["2024-02-29 12:00:00+00",infinity]}',
   '[0:1][2:2][-1:0]={{{1,2}},{{3,NULL}}}'),
  (2, 'NULL', '{"NULL",NULL,"{}","a,b"}', ROW(NULL, NULL), NULL, NULL, NULL, '{}', '', NULL, 'empty', '{}', 'empty', '{}',
   '(,)', '{(,)}', '{}'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- A typed table, and a column of composite type that is named as its table.
CREATE TABLE zoo.typed OF zoo.pair (a WITH OPTIONS PRIMARY KEY, b DEFAULT 'typed');
INSERT INTO zoo.typed VALUES (1, 'one'), (2, DEFAULT);
CREATE TABLE zoo.pair_holder (pair_holder zoo.pair, pair_holders zoo.pair[]);
INSERT INTO zoo.pair_holder VALUES (ROW(1, 'x'), ARRAY[ROW(2, 'y')]::zoo.pair[]), (NULL, NULL);
-- The row type of one table as a column of another.
CREATE TABLE zoo.row_holder (holder zoo.pair_holder);
INSERT INTO zoo.row_holder VALUES (ROW(ROW(1, 'deep'), NULL));
