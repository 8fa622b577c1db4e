SELECT lo_from_bytea(900001, '\x00010203ff');
SELECT lo_create(900002);
SELECT lo_from_bytea(900003, (SELECT string_agg(sha512(i::text::bytea), '' ORDER BY i) FROM generate_series(1, 40000) i));
SELECT lo_from_bytea(900004, convert_to(E'한글 텍스트 \\. \n', 'UTF8'));
-- A hole: bytes between what was written read as zeros.
SELECT lo_create(900005), lo_put(900005, 100000, '\xfe');
SELECT lo_from_bytea(4294967295, '\x01');
SELECT lo_from_bytea(900100 + i, sha256(i::text::bytea)) FROM generate_series(1, 300) i;
ALTER LARGE OBJECT 900001 OWNER TO zoo_owner;
ALTER LARGE OBJECT 900002 OWNER TO "zoo.역할";
GRANT SELECT ON LARGE OBJECT 900001 TO zoo_reader WITH GRANT OPTION;
GRANT SELECT, UPDATE ON LARGE OBJECT 900003 TO "zoo writer", PUBLIC;
REVOKE ALL ON LARGE OBJECT 900004 FROM CURRENT_USER;
COMMENT ON LARGE OBJECT 900001 IS E'it''s a "large" object\n한글';
CREATE TABLE zoo.points_to_objects (id int PRIMARY KEY, content oid);
INSERT INTO zoo.points_to_objects VALUES (1, 900001), (2, 900003);
