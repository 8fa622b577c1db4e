-- No contrib extension has configuration tables, so none is here; these add types, operators,
-- functions and access methods that tables below depend on.
CREATE EXTENSION hstore SCHEMA extensions;
CREATE EXTENSION citext SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
CREATE EXTENSION pgcrypto SCHEMA extensions;
CREATE EXTENSION btree_gist SCHEMA extensions;
CREATE EXTENSION btree_gin SCHEMA extensions;
CREATE EXTENSION unaccent SCHEMA extensions;
CREATE EXTENSION ltree;
CREATE EXTENSION bloom SCHEMA extensions;
CREATE EXTENSION postgres_fdw SCHEMA extensions;
CREATE EXTENSION file_fdw SCHEMA extensions;
CREATE EXTENSION tablefunc SCHEMA "Upper Case";
COMMENT ON EXTENSION hstore IS '쉼표, "따옴표"';

-- Granted on an object that belongs to an extension: pg_dump carries the difference from pg_init_privs.
GRANT EXECUTE ON FUNCTION extensions.digest(text, text) TO zoo_reader;
REVOKE EXECUTE ON FUNCTION extensions.gen_salt(text) FROM PUBLIC;

CREATE TABLE zoo.contrib_values (
  id int PRIMARY KEY,
  h extensions.hstore,
  name extensions.citext UNIQUE,
  path public.ltree,
  hs extensions.hstore[]
);
INSERT INTO zoo.contrib_values VALUES
  (1, 'a=>1, "키"=>"값 \"x\"", n=>NULL', 'MixedCase', 'Top.Science.천문', ARRAY['a=>b', '']::extensions.hstore[]),
  (2, '', '대소문자', '', '{}'), (3, NULL, NULL, NULL, NULL);
CREATE INDEX ON zoo.contrib_values USING gin (h);
CREATE INDEX ON zoo.contrib_values USING gist (path);
CREATE INDEX contrib_trgm ON zoo.contrib_values USING gin ((name::text) extensions.gin_trgm_ops);
CREATE INDEX contrib_bloom ON zoo.contrib_values USING bloom (id) WITH (length = 64);

-- The remote sides do not exist: only definitions travel in a backup.
CREATE FOREIGN DATA WRAPPER zoo_wrapper OPTIONS (debug 'true');
CREATE SERVER zoo_remote TYPE 'pg' VERSION '15' FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '127.0.0.1', port '1', dbname 'nowhere; it''s "gone"');
CREATE SERVER "zoo files" FOREIGN DATA WRAPPER file_fdw;
CREATE USER MAPPING FOR zoo_owner SERVER zoo_remote OPTIONS (user 'nobody', password 'not\a''secret');
CREATE USER MAPPING FOR PUBLIC SERVER zoo_remote;
ALTER SERVER zoo_remote OWNER TO zoo_owner;
GRANT USAGE ON FOREIGN SERVER zoo_remote TO "zoo writer" WITH GRANT OPTION;
GRANT USAGE ON FOREIGN DATA WRAPPER zoo_wrapper TO zoo_reader;
CREATE FOREIGN TABLE zoo.remote_table (
  id int OPTIONS (column_name 'ID') NOT NULL,
  body text COLLATE "C" DEFAULT 'x',
  CONSTRAINT remote_check CHECK (id > 0)
) SERVER zoo_remote OPTIONS (schema_name 'far', table_name 'away');
CREATE FOREIGN TABLE zoo.file_table (line text) SERVER "zoo files"
  OPTIONS (filename '/nonexistent/zoo.csv', format 'csv', "null" 'NULL');
COMMENT ON FOREIGN TABLE zoo.remote_table IS 'its rows live elsewhere';
COMMENT ON SERVER zoo_remote IS 'not running';
COMMENT ON FOREIGN DATA WRAPPER zoo_wrapper IS 'has no handler';
