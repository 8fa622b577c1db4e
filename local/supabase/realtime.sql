-- Schema realtime as the Realtime service keeps it. Run by supabase_admin.

CREATE SCHEMA realtime;
GRANT USAGE ON SCHEMA realtime TO anon, authenticated, service_role;
GRANT USAGE ON SCHEMA realtime TO postgres WITH GRANT OPTION;
GRANT USAGE, CREATE ON SCHEMA realtime TO supabase_realtime_admin WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA realtime GRANT ALL ON TABLES TO postgres, dashboard_user;

CREATE TYPE realtime.equality_op AS ENUM ('eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in');
CREATE TYPE realtime.user_defined_filter AS (column_name text, op realtime.equality_op, value text);

CREATE TABLE realtime.messages (
  topic text NOT NULL,
  extension text NOT NULL,
  payload jsonb,
  event text,
  private boolean DEFAULT false,
  updated_at timestamp NOT NULL DEFAULT now(),
  inserted_at timestamp NOT NULL DEFAULT now(),
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  PRIMARY KEY (id, inserted_at)
) PARTITION BY RANGE (inserted_at);
ALTER TABLE realtime.messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE realtime.messages OWNER TO supabase_realtime_admin;
GRANT SELECT, INSERT, UPDATE ON realtime.messages TO anon, authenticated, service_role;
GRANT ALL ON realtime.messages TO postgres, dashboard_user;
-- The service makes one a day and drops them after three.
DO $$
DECLARE
  day date;
BEGIN
  FOR day IN SELECT generate_series(current_date - 1, current_date + 2, '1 day')::date LOOP
    EXECUTE format(
      'CREATE TABLE realtime.messages_%s PARTITION OF realtime.messages FOR VALUES FROM (%L) TO (%L)',
      to_char(day, 'YYYY_MM_DD'), day, day + 1
    );
  END LOOP;
END $$;

CREATE TABLE realtime.subscription (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subscription_id uuid NOT NULL,
  entity regclass NOT NULL,
  filters realtime.user_defined_filter[] NOT NULL DEFAULT '{}',
  claims jsonb NOT NULL,
  created_at timestamp NOT NULL DEFAULT timezone('utc', now())
);
GRANT SELECT ON realtime.subscription TO anon, authenticated, service_role;

CREATE TABLE realtime.schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp(0));
INSERT INTO realtime.schema_migrations VALUES (20211116024918, now()), (20250714121412, now());
REVOKE ALL ON realtime.schema_migrations FROM anon, authenticated, service_role, postgres, dashboard_user;

CREATE FUNCTION realtime.topic() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('realtime.topic', true), '')
$$;
CREATE FUNCTION realtime.send(payload jsonb, event text, topic text, private boolean = true) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO realtime.messages (payload, event, topic, private, extension)
  VALUES (payload, event, topic, private, 'broadcast')
$$;

CREATE PUBLICATION supabase_realtime_messages_publication FOR TABLE realtime.messages;
