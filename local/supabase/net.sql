-- Schema net as the extension pg_net makes it, and supabase_functions, which the dashboard's "Database Webhooks" are made
-- of. Nothing is sent: a request stays in net.http_request_queue, where a test can see that it was made. Run by
-- supabase_admin.

CREATE SCHEMA net;
CREATE UNLOGGED TABLE net.http_request_queue (
  id bigserial PRIMARY KEY,
  method text NOT NULL,
  url text NOT NULL,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer NOT NULL
);
CREATE UNLOGGED TABLE net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION net.http_post(
  url text, body jsonb = '{}', params jsonb = '{}', headers jsonb = '{"Content-Type": "application/json"}',
  timeout_milliseconds integer = 5000
) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = net AS $$
  INSERT INTO net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  VALUES ('POST', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
  RETURNING id
$$;
CREATE FUNCTION net.http_get(
  url text, params jsonb = '{}', headers jsonb = '{}', timeout_milliseconds integer = 5000
) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = net AS $$
  INSERT INTO net.http_request_queue (method, url, headers, timeout_milliseconds)
  VALUES ('GET', url, headers, timeout_milliseconds)
  RETURNING id
$$;
SELECT extensions.stand_in_extension('pg_net', 'extensions', '0.14.0');
ALTER EXTENSION pg_net ADD SCHEMA net;
ALTER EXTENSION pg_net ADD TABLE net.http_request_queue;
ALTER EXTENSION pg_net ADD SEQUENCE net.http_request_queue_id_seq;
ALTER EXTENSION pg_net ADD TABLE net._http_response;
ALTER EXTENSION pg_net ADD FUNCTION net.http_post(text, jsonb, jsonb, jsonb, integer);
ALTER EXTENSION pg_net ADD FUNCTION net.http_get(text, jsonb, jsonb, integer);
GRANT USAGE ON SCHEMA net TO supabase_functions_admin, postgres, anon, authenticated, service_role;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA net FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA net
  TO supabase_functions_admin, postgres, anon, authenticated, service_role;

CREATE SCHEMA supabase_functions;
GRANT ALL ON SCHEMA supabase_functions TO supabase_functions_admin;
GRANT USAGE ON SCHEMA supabase_functions TO postgres, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin, supabase_functions_admin IN SCHEMA supabase_functions
  GRANT ALL ON TABLES TO postgres, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin, supabase_functions_admin IN SCHEMA supabase_functions
  GRANT ALL ON SEQUENCES TO postgres, anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin, supabase_functions_admin IN SCHEMA supabase_functions
  GRANT ALL ON FUNCTIONS TO postgres, anon, authenticated, service_role;

SET ROLE supabase_functions_admin;
CREATE TABLE supabase_functions.migrations (
  version text PRIMARY KEY,
  inserted_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO supabase_functions.migrations VALUES
  ('initial', '2026-01-01 00:00:00+00'), ('20210809183423_update_grants', '2026-01-01 00:00:00+00');
CREATE TABLE supabase_functions.hooks (
  id bigserial PRIMARY KEY,
  hook_table_id integer NOT NULL,
  hook_name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  request_id bigint
);
CREATE INDEX supabase_functions_hooks_request_id_idx ON supabase_functions.hooks (request_id);
COMMENT ON TABLE supabase_functions.hooks IS
  'Supabase Functions Hooks: Audit trail for triggered hooks.';
CREATE FUNCTION supabase_functions.http_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = supabase_functions AS $$
DECLARE
  request bigint;
BEGIN
  IF coalesce(TG_ARGV[0], 'null') = 'null' OR coalesce(TG_ARGV[1], 'null') = 'null' THEN
    RAISE EXCEPTION 'a webhook needs a url and a method';
  END IF;
  request := net.http_post(
    TG_ARGV[0],
    jsonb_build_object('type', TG_OP, 'table', TG_TABLE_NAME, 'schema', TG_TABLE_SCHEMA, 'record', to_jsonb(NEW)),
    coalesce(TG_ARGV[3], '{}')::jsonb, coalesce(TG_ARGV[2], '{}')::jsonb, coalesce(TG_ARGV[4], '1000')::integer
  );
  INSERT INTO hooks (hook_table_id, hook_name, request_id) VALUES (TG_RELID::bigint, TG_NAME, request);
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION supabase_functions.http_request FROM PUBLIC;
GRANT EXECUTE ON FUNCTION supabase_functions.http_request TO postgres, anon, authenticated, service_role;
RESET ROLE;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON supabase_functions.migrations
  FROM postgres, anon, authenticated, service_role;
