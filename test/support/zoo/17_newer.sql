-- What only newer servers have. Each statement is skipped where it does not exist.
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 160000 THEN
    EXECUTE 'CREATE COLLATION zoo.with_rules (provider = icu, locale = ''und'', rules = ''&a < g'')';
    EXECUTE 'CREATE TABLE zoo.by_rules (w text COLLATE zoo.with_rules PRIMARY KEY, j jsonb CHECK (j IS JSON OBJECT))';
    EXECUTE 'INSERT INTO zoo.by_rules VALUES (''g'', ''{}''), (''b'', NULL)';
    EXECUTE 'GRANT zoo_reader TO "zoo.역할" WITH INHERIT FALSE, SET TRUE, ADMIN FALSE';
    EXECUTE 'CREATE TABLE zoo.default_storage (body text STORAGE EXTERNAL)';
  END IF;
  IF current_setting('server_version_num')::int >= 170000 THEN
    EXECUTE 'CREATE TABLE zoo.identity_parted (id bigint GENERATED ALWAYS AS IDENTITY, at date) PARTITION BY RANGE (at)';
    EXECUTE 'CREATE TABLE zoo.identity_parted_all PARTITION OF zoo.identity_parted DEFAULT';
    EXECUTE 'INSERT INTO zoo.identity_parted (at) VALUES (''2026-01-01''), (NULL)';
    EXECUTE 'CREATE TABLE zoo.excluded_parted (id int, at date, EXCLUDE USING gist (id extensions.gist_int4_ops WITH =, at extensions.gist_date_ops WITH =)) PARTITION BY RANGE (at)';
    EXECUTE 'CREATE COLLATION zoo.built_in (provider = builtin, locale = ''C.UTF-8'')';
    EXECUTE 'GRANT MAINTAIN ON zoo.texts TO zoo_reader';
    EXECUTE 'ALTER TABLE zoo.indexed ALTER n SET STATISTICS DEFAULT';
    EXECUTE 'CREATE EVENT TRIGGER zoo_login ON login EXECUTE FUNCTION zoo.watch()';
    EXECUTE 'ALTER EVENT TRIGGER zoo_login DISABLE';
  END IF;
END $$;
