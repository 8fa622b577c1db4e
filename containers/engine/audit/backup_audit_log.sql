-- The audit log as rows in the database that is backed up: what each run of the backup engine did there.
-- Run it once as the owner of the table to be, on Supabase as postgres. Running it again changes nothing.
-- It has row level security. A role that backs up must own it or have BYPASSRLS, or the engine refuses to make a backup that
-- would lack rows: do not make the table where the role has neither.
-- Rows are for people who look; what proves is the chained copy in the bucket (engine audit --verify).
CREATE TABLE IF NOT EXISTS public.backup_audit_log (
  id text PRIMARY KEY,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  verb text NOT NULL,
  outcome text NOT NULL,
  exit_code integer NOT NULL,
  set_id text,
  details jsonb NOT NULL DEFAULT '{}',
  error text
);

COMMENT ON TABLE public.backup_audit_log IS 'One row for each run of the backup engine that this database was told of. Added to, never changed.';
COMMENT ON COLUMN public.backup_audit_log.id IS 'Of the run, made by the engine. The same run adds no second row.';
COMMENT ON COLUMN public.backup_audit_log.recorded_at IS 'When the row was added, by the clock of this server.';
COMMENT ON COLUMN public.backup_audit_log.started_at IS 'When the run began, by the clock of the engine.';
COMMENT ON COLUMN public.backup_audit_log.finished_at IS 'When it ended, by the clock of the engine.';
COMMENT ON COLUMN public.backup_audit_log.verb IS 'backup, restore, rollback, files backup or files restore.';
COMMENT ON COLUMN public.backup_audit_log.outcome IS 'As the engine said it: verified, made, could-not-verify, failed, bad-input and others.';
COMMENT ON COLUMN public.backup_audit_log.exit_code IS '0 done and verified, 1 failed, 2 could not verify, 3 bad input.';
COMMENT ON COLUMN public.backup_audit_log.set_id IS 'The set or inventory that was made or read.';
COMMENT ON COLUMN public.backup_audit_log.details IS 'Figures of the run: tables, rows, bytes, seconds.';
COMMENT ON COLUMN public.backup_audit_log.error IS 'Name of the error; its text is in the log of the run.';

CREATE INDEX IF NOT EXISTS backup_audit_log_started_at ON public.backup_audit_log (started_at);

-- Without a policy nobody but the owner sees or adds a row.
ALTER TABLE public.backup_audit_log ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.backup_audit_log FROM PUBLIC;

-- Supabase grants new tables of this schema to the roles of its API, which anybody on the internet can take.
DO $$
DECLARE
  api_role name;
BEGIN
  FOR api_role IN SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
    EXECUTE format('REVOKE ALL ON public.backup_audit_log FROM %I', api_role);
  END LOOP;
END
$$;

-- A role that backs up and does not own the table needs this to add rows:
--   GRANT SELECT, INSERT ON public.backup_audit_log TO backup_role;
