-- The roles of a Supabase project, once per server. Run by supabase_admin, the only superuser.
--
-- Roles belong to a server and here a server holds many projects, so what one project does to a role the others see.
-- A test of restored roles takes two servers.
--
-- What is not as on the platform: there an extension, supautils, keeps `postgres` from changing the platform's roles. On
-- PostgreSQL 15 any CREATEROLE may change and grant every role that is no superuser, so here `postgres` could; on 16 and
-- later PostgreSQL itself forbids it. Nothing should rely on it.

CREATE ROLE postgres LOGIN CREATEROLE CREATEDB REPLICATION BYPASSRLS;
CREATE ROLE anon NOLOGIN;
CREATE ROLE authenticated NOLOGIN;
CREATE ROLE service_role NOLOGIN BYPASSRLS;
CREATE ROLE authenticator LOGIN NOINHERIT;
CREATE ROLE dashboard_user NOLOGIN CREATEDB CREATEROLE REPLICATION;
CREATE ROLE pgbouncer LOGIN;
CREATE ROLE pgtle_admin NOLOGIN;
CREATE ROLE supabase_auth_admin LOGIN NOINHERIT CREATEROLE;
CREATE ROLE supabase_storage_admin LOGIN NOINHERIT CREATEROLE;
CREATE ROLE supabase_realtime_admin LOGIN NOINHERIT CREATEROLE REPLICATION;
CREATE ROLE supabase_functions_admin LOGIN NOINHERIT CREATEROLE;
CREATE ROLE supabase_replication_admin LOGIN REPLICATION;
CREATE ROLE supabase_etl_admin LOGIN REPLICATION;
CREATE ROLE supabase_read_only_user LOGIN BYPASSRLS;
CREATE ROLE pgsodium_keyiduser NOLOGIN;
CREATE ROLE pgsodium_keyholder NOLOGIN;
CREATE ROLE pgsodium_keymaker NOLOGIN;

GRANT anon, authenticated, service_role TO authenticator;
GRANT authenticator TO supabase_storage_admin;
GRANT pg_read_all_data, pg_monitor TO supabase_read_only_user, supabase_etl_admin;
GRANT pgsodium_keyiduser TO pgsodium_keyholder, pgsodium_keymaker;
GRANT pgsodium_keyholder TO pgsodium_keymaker;

DO $$
DECLARE
  role name;
  -- From 16 on CREATEROLE rules only over the roles it made; the platform makes up for it.
  admin text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'WITH ADMIN OPTION' ELSE '' END;
BEGIN
  EXECUTE 'GRANT anon, authenticated, service_role, pg_monitor, pg_read_all_data, pg_signal_backend TO postgres '
    || admin;
  EXECUTE 'GRANT pgtle_admin TO postgres';
  IF admin <> '' THEN EXECUTE 'GRANT authenticator TO postgres WITH ADMIN OPTION'; END IF;
  FOR role IN SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper LOOP
    EXECUTE format('ALTER ROLE %I PASSWORD %L', role, current_setting('stand_in.password'));
  END LOOP;
END $$;

ALTER ROLE anon SET statement_timeout = '3s';
ALTER ROLE authenticated SET statement_timeout = '8s';
ALTER ROLE authenticator SET statement_timeout = '8s';
ALTER ROLE authenticator SET lock_timeout = '8s';
ALTER ROLE postgres SET search_path = "$user", public, extensions;
ALTER ROLE supabase_admin SET search_path = "$user", public, auth, extensions;
ALTER ROLE supabase_auth_admin SET search_path = auth;
ALTER ROLE supabase_auth_admin SET idle_in_transaction_session_timeout = 60000;
ALTER ROLE supabase_storage_admin SET search_path = storage;
ALTER ROLE supabase_realtime_admin SET search_path = realtime;

-- What supautils lets its privileged role set although PostgreSQL reserves it for superusers. It knows patterns; this is
-- a choice from them.
GRANT SET ON PARAMETER session_replication_role, track_io_timing, pgaudit.log, pgaudit.role TO postgres;
GRANT SET ON PARAMETER
  pgrst.db_schemas, pgrst.db_extra_search_path, pgrst.db_max_rows, pgrst.db_aggregates_enabled, pgrst.db_plan_enabled
  TO postgres;
