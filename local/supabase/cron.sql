-- Schema cron as the extension pg_cron makes it, without the worker: nothing ever runs. `postgres` sees its own jobs and
-- makes and changes them through functions only. Run by supabase_admin.

CREATE SCHEMA cron;
CREATE SEQUENCE cron.jobid_seq;
CREATE SEQUENCE cron.runid_seq;
CREATE TABLE cron.job (
  jobid bigint PRIMARY KEY DEFAULT nextval('cron.jobid_seq'),
  schedule text NOT NULL,
  command text NOT NULL,
  nodename text NOT NULL DEFAULT 'localhost',
  nodeport int NOT NULL DEFAULT inet_server_port(),
  database text NOT NULL DEFAULT current_database(),
  username text NOT NULL DEFAULT CURRENT_USER,
  active boolean NOT NULL DEFAULT true,
  jobname text,
  CONSTRAINT jobname_username_uniq UNIQUE (jobname, username)
);
CREATE TABLE cron.job_run_details (
  jobid bigint,
  runid bigint PRIMARY KEY DEFAULT nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_policy ON cron.job USING (username = CURRENT_USER);
ALTER TABLE cron.job_run_details ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_run_details_policy ON cron.job_run_details USING (username = CURRENT_USER);

-- Who calls, seen from within a function that runs as another.
CREATE FUNCTION cron._caller() RETURNS name LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('role'), 'none'), session_user)::name
$$;
-- The real one knows more schedules; this one catches what is no schedule at all.
CREATE FUNCTION cron._checked(schedule text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF schedule !~* '^\s*(@\w+|[0-9]+ seconds?|(\S+\s+){4}\S+)\s*$' THEN
    RAISE EXCEPTION 'invalid schedule: %', schedule USING ERRCODE = '22023';
  END IF;
  RETURN schedule;
END $$;
CREATE FUNCTION cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text = NULL, active boolean = true
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  id bigint;
BEGIN
  IF username IS NOT NULL AND username <> cron._caller()
    AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = cron._caller()) THEN
    RAISE EXCEPTION 'must be superuser to schedule a job for another role' USING ERRCODE = '42501';
  END IF;
  INSERT INTO cron.job AS old (schedule, command, database, username, active, jobname)
  VALUES (cron._checked(schedule), command, database, coalesce(username, cron._caller()), active, job_name)
  ON CONFLICT ON CONSTRAINT jobname_username_uniq DO UPDATE
    SET schedule = excluded.schedule, command = excluded.command, database = excluded.database, active = excluded.active
  RETURNING old.jobid INTO id;
  RETURN id;
END $$;
CREATE FUNCTION cron.schedule(job_name text, schedule text, command text) RETURNS bigint LANGUAGE sql AS $$
  SELECT cron.schedule_in_database(job_name, schedule, command, current_database())
$$;
CREATE FUNCTION cron.schedule(schedule text, command text) RETURNS bigint LANGUAGE sql AS $$
  SELECT cron.schedule_in_database(NULL, schedule, command, current_database())
$$;
CREATE FUNCTION cron.alter_job(
  job_id bigint, schedule text = NULL, command text = NULL, database text = NULL, username text = NULL,
  active boolean = NULL
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  is_super boolean := (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = cron._caller());
BEGIN
  IF alter_job.username IS NOT NULL AND NOT is_super THEN
    RAISE EXCEPTION 'must be superuser to alter username' USING ERRCODE = '42501';
  END IF;
  UPDATE cron.job SET
    schedule = coalesce(cron._checked(alter_job.schedule), job.schedule),
    command = coalesce(alter_job.command, job.command),
    database = coalesce(alter_job.database, job.database),
    username = coalesce(alter_job.username, job.username),
    active = coalesce(alter_job.active, job.active)
  WHERE jobid = job_id AND (job.username = cron._caller() OR is_super);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Job % does not exist or you don''t own it', job_id USING ERRCODE = '22023';
  END IF;
END $$;
CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM cron.job WHERE jobid = job_id AND username = cron._caller();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'could not find valid entry for job ''%''', job_id USING ERRCODE = 'XX000';
  END IF;
  RETURN true;
END $$;
CREATE FUNCTION cron.unschedule(job_name text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM cron.job WHERE jobname = job_name AND username = cron._caller();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'could not find valid entry for job ''%''', job_name USING ERRCODE = 'XX000';
  END IF;
  RETURN true;
END $$;

SELECT extensions.stand_in_extension('pg_cron', 'pg_catalog', '1.6.4', '{cron.job,cron.jobid_seq}');
ALTER EXTENSION pg_cron ADD SCHEMA cron;
ALTER EXTENSION pg_cron ADD SEQUENCE cron.jobid_seq;
ALTER EXTENSION pg_cron ADD SEQUENCE cron.runid_seq;
ALTER EXTENSION pg_cron ADD TABLE cron.job;
ALTER EXTENSION pg_cron ADD TABLE cron.job_run_details;
DO $$
DECLARE
  routine regprocedure;
BEGIN
  FOR routine IN SELECT oid FROM pg_proc WHERE pronamespace = 'cron'::regnamespace LOOP
    EXECUTE format('ALTER EXTENSION pg_cron ADD FUNCTION %s', routine);
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA cron TO postgres WITH GRANT OPTION;
GRANT ALL ON ALL FUNCTIONS IN SCHEMA cron TO postgres WITH GRANT OPTION;
GRANT ALL ON cron.job_run_details TO postgres WITH GRANT OPTION;
REVOKE TRIGGER ON cron.job_run_details FROM postgres;
GRANT SELECT ON cron.job TO postgres WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA cron GRANT ALL ON TABLES TO postgres WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA cron GRANT ALL ON SEQUENCES TO postgres WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA cron GRANT ALL ON FUNCTIONS TO postgres WITH GRANT OPTION;
