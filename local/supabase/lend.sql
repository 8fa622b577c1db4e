-- What supautils does for `postgres` on tables that belong to the services, by plain means. Run by supabase_admin.
--
-- On the platform `postgres` is no member of supabase_auth_admin, supabase_storage_admin or supabase_realtime_admin and
-- has no CREATE on their schemas, so tables, functions, indexes, owners and their grants there are out of its reach; that
-- comes by itself here too. But it may CREATE, ALTER, DROP and COMMENT ON POLICY and DROP TRIGGER on some of their
-- tables. supautils raises its privileges for the length of such a statement. Here an event trigger makes it a
-- member of the owners when the statement starts and ends that when the statement ends; should the statement fail, its
-- rollback ends it.
--
-- Also as there, all those tables are locked ACCESS EXCLUSIVE until the transaction ends, whatever table the statement
-- names. (supautils stops locking at the statement's own table; an event trigger does not know it yet.)
--
-- Not given: CREATE EXTENSION of untrusted extensions, event triggers, foreign data wrappers and publications for all
-- tables, which supautils also lets through. What is restored here without them is restored there.

CREATE TABLE extensions.stand_in_lent (name text PRIMARY KEY, position int);
REVOKE ALL ON extensions.stand_in_lent FROM postgres;
INSERT INTO extensions.stand_in_lent
  SELECT * FROM unnest(ARRAY[
    'auth.audit_log_entries', 'auth.identities', 'auth.refresh_tokens', 'auth.sessions', 'auth.users',
    'auth.flow_state', 'auth.mfa_amr_claims', 'auth.mfa_challenges', 'auth.mfa_factors', 'auth.one_time_tokens',
    'auth.sso_domains', 'auth.sso_providers', 'realtime.messages', 'storage.buckets', 'storage.migrations',
    'storage.objects', 'storage.s3_multipart_uploads', 'storage.s3_multipart_uploads_parts'
  ]) WITH ORDINALITY AS lent (name, position);

-- Who runs the statement; these functions run as supabase_admin.
CREATE FUNCTION extensions.stand_in_is_postgres() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('role'), 'none'), session_user) = 'postgres'
$$;

CREATE FUNCTION extensions.stand_in_lend() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET client_min_messages = error AS $$
DECLARE
  relation regclass;
BEGIN
  IF NOT extensions.stand_in_is_postgres() THEN RETURN; END IF;
  IF tg_tag <> 'COMMENT' THEN
    -- a project of another age may lack one
    FOR relation IN
      SELECT pg_catalog.to_regclass(name) FROM extensions.stand_in_lent
      WHERE pg_catalog.to_regclass(name) IS NOT NULL ORDER BY position
    LOOP
      EXECUTE pg_catalog.format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', relation);
    END LOOP;
  END IF;
  GRANT supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin TO postgres;
END $$;

CREATE FUNCTION extensions.stand_in_take_back() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET client_min_messages = error AS $$
DECLARE
  command record;
BEGIN
  IF NOT extensions.stand_in_is_postgres() THEN RETURN; END IF;
  REVOKE supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin FROM postgres;
  FOR command IN SELECT * FROM pg_catalog.pg_event_trigger_ddl_commands() LOOP
    CONTINUE WHEN NOT CASE
      WHEN command.classid = 'pg_catalog.pg_policy'::regclass THEN extensions.stand_in_is_reserved(
        (SELECT polrelid FROM pg_catalog.pg_policy WHERE oid = command.objid))
      ELSE extensions.stand_in_is_managed(command.schema_name)
    END;
    RAISE EXCEPTION 'must be owner of %', command.object_identity USING ERRCODE = '42501';
  END LOOP;
END $$;

CREATE FUNCTION extensions.stand_in_dropped() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  dropped record;
BEGIN
  IF NOT extensions.stand_in_is_postgres() THEN RETURN; END IF;
  FOR dropped IN SELECT * FROM pg_catalog.pg_event_trigger_dropped_objects() WHERE original LOOP
    CONTINUE WHEN dropped.object_type NOT IN ('policy', 'trigger');
    CONTINUE WHEN NOT extensions.stand_in_is_reserved(pg_catalog.to_regclass(
      pg_catalog.quote_ident(dropped.address_names[1]) || '.' || pg_catalog.quote_ident(dropped.address_names[2])));
    RAISE EXCEPTION 'must be owner of %', dropped.object_identity USING ERRCODE = '42501';
  END LOOP;
END $$;

CREATE FUNCTION extensions.stand_in_is_managed(schema text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(schema IN ('auth', 'storage', 'realtime'), false)
$$;
-- A table of a service that is not lent.
CREATE FUNCTION extensions.stand_in_is_reserved(relation regclass) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM pg_catalog.pg_class
    WHERE oid = stand_in_is_reserved.relation AND extensions.stand_in_is_managed(relnamespace::regnamespace::text)
      AND NOT EXISTS (
        SELECT FROM extensions.stand_in_lent WHERE pg_catalog.to_regclass(name) = stand_in_is_reserved.relation
      )
  )
$$;

-- ALWAYS: a restore sets session_replication_role to replica, where others stay silent.
CREATE EVENT TRIGGER stand_in_lend ON ddl_command_start
  WHEN TAG IN ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER', 'COMMENT')
  EXECUTE FUNCTION extensions.stand_in_lend();
CREATE EVENT TRIGGER stand_in_take_back ON ddl_command_end
  WHEN TAG IN ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'DROP TRIGGER', 'COMMENT')
  EXECUTE FUNCTION extensions.stand_in_take_back();
CREATE EVENT TRIGGER stand_in_dropped ON sql_drop WHEN TAG IN ('DROP POLICY', 'DROP TRIGGER')
  EXECUTE FUNCTION extensions.stand_in_dropped();
ALTER EVENT TRIGGER stand_in_lend ENABLE ALWAYS;
ALTER EVENT TRIGGER stand_in_take_back ENABLE ALWAYS;
ALTER EVENT TRIGGER stand_in_dropped ENABLE ALWAYS;

-- What only the making of the template needed.
DROP FUNCTION extensions.stand_in_extension;
