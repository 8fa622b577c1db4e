-- Roles belong to the server, so a second zoo on it finds them there.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['zoo_owner', 'zoo_reader', 'zoo writer', 'zoo.역할'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I', name);
    END IF;
  END LOOP;
END $$;

ALTER ROLE zoo_owner CREATEDB CONNECTION LIMIT 7;
ALTER ROLE zoo_reader NOINHERIT;
ALTER ROLE "zoo.역할" LOGIN BYPASSRLS VALID UNTIL '2099-12-31 00:00:00+00';
GRANT zoo_reader TO "zoo writer" WITH ADMIN OPTION;
GRANT "zoo writer" TO zoo_owner;
GRANT pg_read_all_settings TO "zoo.역할";

CREATE SCHEMA zoo AUTHORIZATION zoo_owner;
CREATE SCHEMA helpers;
CREATE SCHEMA extensions;
CREATE SCHEMA "odd.sch""ema '한글'" AUTHORIZATION "zoo.역할";
CREATE SCHEMA "Upper Case";
CREATE SCHEMA empty_schema;
GRANT USAGE ON SCHEMA zoo, helpers TO PUBLIC;
GRANT CREATE ON SCHEMA zoo TO "zoo writer" WITH GRANT OPTION;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO zoo_reader;
COMMENT ON SCHEMA zoo IS 'Every kind of object; it''s "quoted", has a
new line, a \backslash and 한글 😀';
