-- The rows of sample.sql, the same on every load. Run by postgres after the services' rows.

INSERT INTO public.projects (owner_id, title, archived)
  SELECT u.id, format('Film %s of %s', n, u.raw_user_meta_data ->> 'name'), n = 3
  FROM auth.users u, generate_series(1, 3) n ORDER BY u.email, n;
INSERT INTO public.video_generations (project_id, status, prompt, cost_micros)
  SELECT p.id, (enum_range(NULL::public.generation_status))[1 + p.id % 4], format(E'a "quoted"\n\tscene \\ %s', p.id), p.id * 1000
  FROM public.projects p ORDER BY p.id;
-- A number that was given out and taken back: the next one is 101, not one more than the largest.
SELECT setval('public.video_generations_id_seq', 100);
INSERT INTO public.invitations VALUES ('WELCOME', NULL), ('', '빈 코드');
INSERT INTO api.announcements (text, shown) VALUES ('Open', true), ('Not yet', false);
INSERT INTO reporting.daily SELECT day, 7 FROM generate_series('2026-01-01'::date, '2026-02-28', '1 day') day;
REFRESH MATERIALIZED VIEW reporting.totals;
INSERT INTO supabase_migrations.schema_migrations VALUES
  ('20260101000000', ARRAY['CREATE TABLE public.profiles ()', 'SELECT '';'''], 'start'), ('20260201000000', NULL, 'more');
INSERT INTO realtime.messages (topic, extension, payload, event, private)
  SELECT 'user:' || id, 'broadcast', '{"text": "hello"}', 'greeting', true FROM auth.users ORDER BY email LIMIT 3;

SELECT vault.create_secret('sk_live_"quoted" \ ''secret''', 'render_key', 'for the renderer');
SELECT vault.create_secret(E'no name,\nand two lines');

SELECT cron.schedule('nightly totals', '0 3 * * *', 'REFRESH MATERIALIZED VIEW reporting.totals');
SELECT cron.schedule('it''s "quoted"', '*/5 * * * *', E'-- a comment\nUPDATE public.invitations\n  SET note = ''it''''s; done'' WHERE code = '''';');
SELECT cron.alter_job(cron.schedule('asleep', '30 seconds', 'SELECT 1'), active := false);
SELECT cron.schedule('0 0 1 * *', 'SELECT ''has no name''');
