-- Values whose text form is easy to get wrong.
CREATE TABLE zoo.numbers (
  id int PRIMARY KEY, s smallint, b bigint, n numeric, n2 numeric(20, 10), negative_scale numeric(6, -3),
  r real, d double precision, m money, o oid, bits bit(5), vbits varbit, flag boolean
);
INSERT INTO zoo.numbers VALUES
  (1, -32768, -9223372036854775808, 'NaN', 0.0000000001, 123456, 'NaN', 'NaN', '-92233720368547758.08', 4294967295, B'10101', B'', true),
  (2, 32767, 9223372036854775807, 'Infinity', -1, -999999, 'Infinity', '-Infinity', '12.34', 0, B'00000', repeat('10', 500)::varbit, false),
  (3, 0, 0, '-Infinity', NULL, 0, '-0', '-0', 0, 1, B'11111', B'1', NULL),
  (4, 1, 1, 1.10, 1.1, 1, 1.17549435e-38, 5e-324, NULL, NULL, NULL, NULL, NULL),
  (5, 2, 2, repeat('9', 3000)::numeric + repeat('3', 900)::numeric / 1e900, 2, 2, 3.4028235e38, 1.7976931348623157e308, 1, 2, NULL, NULL, NULL),
  (6, 3, 3, 1e-1000, 3, 3, 0.1, 0.1::float8 + 0.2, 1, 2, NULL, NULL, NULL);

CREATE TABLE zoo.moments (
  id int PRIMARY KEY, d date, t time, tz timetz, ts timestamp, tstz timestamptz(3), i interval, short interval(2), months interval year to month
);
INSERT INTO zoo.moments VALUES
  (1, 'infinity', '24:00:00', '23:59:59.999999+15:59', 'infinity', '-infinity', '1 year -2 mons 3 days -04:05:06.789', '00:00:00.129', '14 months'),
  (2, '-infinity', '00:00', '00:00:00-15:59:59', '-infinity', 'infinity', '-178000000 years', '-1 day', '-1 year'),
  (3, '4713-01-01 BC', '12:34:56.123456', '12:00+09', '4713-01-01 00:00:00 BC', '0044-03-15 12:00:00.1235+00 BC', '0', NULL, NULL),
  (4, '5874897-12-31', NULL, NULL, '294276-12-31 23:59:59.999999', '1883-11-18 12:03:57.999+00', 'P1Y2M3DT4H5M6S', NULL, NULL),
  (5, '2024-02-29', NULL, NULL, '2024-11-03 01:30:00', '2024-11-03 01:30:00 America/New_York', '876000 hours', NULL, NULL);

CREATE TABLE zoo.texts (id int PRIMARY KEY, body text, fixed char(10), short varchar(5), tiny "char", n name);
INSERT INTO zoo.texts VALUES
  (1, '\.', '\.', '\.', '\', '\.'), (2, '\N', '\N', '\N', 'N', '\N'), (3, E'\\.\n\\.\n', '', '', '', ''),
  (4, E'before\n\\.\nafter', 'x ', ' x ', E'\001', 'n'), (5, E'tab\there\tand\t', E'\t', E'\t', E'\t', E'\t'),
  (6, E'cr\rlf\ncrlf\r\n', E'\r\n', E'\r\n', E'\n', E'\n'), (7, E'\\ \\\\ \\n \\t \\x41 \\101', '\\', '\n', '\', '\'),
  (8, E'\x01\x02\b\f\v\x1b\x7f', NULL, NULL, NULL, NULL), (9, '''single'' "double" `back` $dollar$ $1 %s %', '''', '"', '''', '"'),
  (10, '😀👨‍👩‍👧‍👦 e' || U&'\0301' || ' 한글 漢字 ' || U&'\+10FFFF' || U&'\FEFF', '😀', '한글', NULL, '한글😀'), (11, '', '', '', '', ''),
  (12, NULL, NULL, NULL, NULL, NULL), (13, 'NULL', 'NULL', 'NULL', 'N', 'NULL'),
  (14, E'COPY zoo.texts (id, body) FROM stdin;\n1\tx\n\\.\n\n\nDROP TABLE zoo.texts;\n', NULL, NULL, NULL, NULL),
  (15, E'--\n-- Name: not a header; Type: TABLE\n--\n\\restrict x\n\\unrestrict x\n\\connect postgres\n', NULL, NULL, NULL, NULL),
  (16, E'ends with a backslash\\', NULL, NULL, NULL, NULL), (17, E'\\', NULL, NULL, NULL, NULL), (18, E'\n', NULL, NULL, NULL, NULL),
  (19, repeat(E'\\.\n', 30000), NULL, NULL, NULL, NULL), (20, repeat(E'\\\t\n\r', 20000), NULL, NULL, NULL, NULL);

CREATE TABLE zoo.end_markers (line text);
INSERT INTO zoo.end_markers SELECT x FROM unnest(ARRAY['\.', '\.', '\\.', '.', '', '\N', '\n', NULL]) AS x, generate_series(1, 500);

CREATE TABLE zoo.documents (id int PRIMARY KEY, j json, b jsonb, x xml, v tsvector, q tsquery, path jsonpath);
INSERT INTO zoo.documents VALUES
  (1, E'{ "a" : 1,\n\t"a":2 , "z":[ ] , "a" : {"a":"\\u0001\\"\\\\" } }', '{"a":1,"a":2,"한글":[null,1.0,1e400,"😀"]}',
   E'<?xml version="1.0"?>\n<r a="1&amp;">한글<![CDATA[ ]] > ]]></r>', 'a:1A fat:2B,4C ''it''''s\\'':3', '!fat & (rat:A* | ''a b'') <2> x', '$.a[*] ? (@.b > 3 && @ like_regex "^x\"")'),
  (2, '"\ud83d\ude00"', '"\ud83d\ude00"', 'just text, not <b>one</b> document', '', NULL, 'strict $'),
  (3, ' null ', 'null', '', NULL, NULL, NULL), (4, '[1e400, -0, 1.00]', '[1e400, -0, 1.00]', NULL, NULL, NULL, NULL);

CREATE TABLE zoo.networks (id int PRIMARY KEY, i inet, c cidr, m macaddr, m8 macaddr8, u uuid, p point, l line, s lseg, bx box, pa path, po polygon, ci circle,
  lsn pg_lsn, tid tid, x xid, snap pg_snapshot, cls regclass, typ regtype, fn regprocedure);
INSERT INTO zoo.networks VALUES
  (1, '::ffff:1.2.3.4/96', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '00000000-0000-0000-0000-000000000000', '(1e300,-0)', '{1,-1,0}',
   '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', '<(0,0),Infinity>', 'FFFFFFFF/FFFFFFFF', '(4294967295,1)', '4294967295', '10:20:10,14,15', 'pg_class', 'zoo.mood', 'zoo.float_gap(float8,float8)'),
  (2, '192.168.0.1', '::/0', NULL, NULL, 'FFFFFFFF-ffff-4fff-8fff-ffffffffffff', '(NaN,Infinity)', NULL, NULL, NULL, '((0,0),(1,1))', NULL, NULL, NULL, NULL, NULL, NULL, 'zoo.texts', 'int[]', NULL);

CREATE TABLE zoo.binaries (id int PRIMARY KEY, body bytea);
INSERT INTO zoo.binaries VALUES (1, ''), (2, '\x00'), (3, '\x5c2e0a'), (4, NULL),
  (5, (SELECT string_agg(set_byte('\x00', 0, i), '' ORDER BY i) FROM generate_series(0, 255) i)),
  (6, (SELECT string_agg(sha256(i::text::bytea), '' ORDER BY i) FROM generate_series(1, 3200) i));
