-- What is in every new Supabase project besides the schemas of its services: extensions, schema public, default
-- privileges and the platform's event triggers. Run by supabase_admin in the template of all projects.

-- It belongs to postgres, so users have things of their own in it.
CREATE SCHEMA extensions AUTHORIZATION postgres;
GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role;
GRANT ALL ON SCHEMA extensions TO dashboard_user;
CREATE EXTENSION pgcrypto SCHEMA extensions;
CREATE EXTENSION "uuid-ossp" SCHEMA extensions;
CREATE EXTENSION pg_stat_statements SCHEMA extensions;
GRANT ALL ON ALL FUNCTIONS IN SCHEMA extensions TO postgres WITH GRANT OPTION;
GRANT ALL ON ALL TABLES IN SCHEMA extensions TO postgres WITH GRANT OPTION;
GRANT ALL ON ALL ROUTINES IN SCHEMA extensions TO dashboard_user;

-- The extensions that only the platform has are told to the catalog as if their scripts had run: pg_dump, pg_extension
-- and DROP EXTENSION see real ones, CREATE EXTENSION finds no file, as in a project that may not have it.
-- Configuration tables are those whose rows pg_dump takes along.
CREATE FUNCTION extensions.stand_in_extension(name name, schema name, version text, configuration regclass[] = '{}')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  id oid := pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index');
  owner oid := 'supabase_admin'::regrole;
BEGIN
  INSERT INTO pg_extension VALUES (
    id, name, owner, schema::regnamespace, false, version,
    CASE WHEN configuration <> '{}' THEN configuration::oid[] END,
    CASE WHEN configuration <> '{}' THEN array_fill(''::text, ARRAY[cardinality(configuration)]) END
  );
  INSERT INTO pg_depend VALUES ('pg_extension'::regclass, id, 0, 'pg_namespace'::regclass, schema::regnamespace, 0, 'n');
END $$;
REVOKE ALL ON FUNCTION extensions.stand_in_extension FROM PUBLIC;

GRANT USAGE ON SCHEMA public TO postgres, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres, supabase_admin IN SCHEMA public
  GRANT ALL ON TABLES TO postgres, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres, supabase_admin IN SCHEMA public
  GRANT ALL ON SEQUENCES TO postgres, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres, supabase_admin IN SCHEMA public
  GRANT ALL ON FUNCTIONS TO postgres, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA extensions
  GRANT ALL ON TABLES TO postgres WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA extensions
  GRANT ALL ON SEQUENCES TO postgres WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA extensions
  GRANT ALL ON FUNCTIONS TO postgres WITH GRANT OPTION;

CREATE SCHEMA _realtime;
CREATE SCHEMA pgbouncer AUTHORIZATION pgbouncer;
CREATE FUNCTION pgbouncer.get_auth(p_usename text) RETURNS TABLE (username text, password text)
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  SELECT rolname::text, rolpassword FROM pg_catalog.pg_authid WHERE rolname = p_usename AND rolcanlogin
$$;
REVOKE ALL ON FUNCTION pgbouncer.get_auth FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgbouncer.get_auth TO pgbouncer;

CREATE SCHEMA graphql;
CREATE SCHEMA graphql_public;
GRANT USAGE ON SCHEMA graphql, graphql_public TO anon, authenticated, service_role;
GRANT USAGE ON SCHEMA graphql, graphql_public TO postgres WITH GRANT OPTION;
CREATE FUNCTION graphql_public.graphql(
  "operationName" text = NULL, query text = NULL, variables jsonb = NULL, extensions jsonb = NULL
) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('errors', jsonb_build_array(jsonb_build_object('message', 'GraphQL is not enabled.')))
$$;
GRANT ALL ON FUNCTION graphql_public.graphql TO postgres, anon, authenticated, service_role;

-- PostgREST learns of a new schema from these; every project has them and only supabase_admin may change them.
CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE schema_name IS DISTINCT FROM 'pg_temp') THEN
    NOTIFY pgrst, 'reload schema';
  END IF;
END $$;
CREATE FUNCTION extensions.pgrst_drop_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary) THEN
    NOTIFY pgrst, 'reload schema';
  END IF;
END $$;
CREATE FUNCTION extensions.grant_pg_cron_access() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM pg_event_trigger_ddl_commands() JOIN pg_extension e ON e.oid = objid WHERE e.extname = 'pg_cron'
  ) THEN
    GRANT USAGE ON SCHEMA cron TO postgres WITH GRANT OPTION;
  END IF;
END $$;
COMMENT ON FUNCTION extensions.grant_pg_cron_access IS 'Grants access to pg_cron';
CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch();
CREATE EVENT TRIGGER pgrst_drop_watch ON sql_drop EXECUTE FUNCTION extensions.pgrst_drop_watch();
CREATE EVENT TRIGGER issue_pg_cron_access ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION')
  EXECUTE FUNCTION extensions.grant_pg_cron_access();

CREATE PUBLICATION supabase_realtime;
ALTER PUBLICATION supabase_realtime OWNER TO postgres;
