-- What surrounds the tables: roles as Supabase names them, row level security per owner,
-- triggers, views and comments.

DO $$
DECLARE
  role record;
BEGIN
  -- Roles belong to the whole server, so a second sample database finds them already there, or comes at the same time.
  FOR role IN SELECT * FROM (VALUES ('anon', ''), ('authenticated', ''), ('service_role', 'BYPASSRLS')) AS r(name, attributes) LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT %s', role.name, role.attributes);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END $$;

CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
  $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
COMMENT ON FUNCTION auth.uid() IS '요청한 사용자의 id';

CREATE FUNCTION public.owns_project(project uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
  $$ SELECT EXISTS (SELECT FROM public.projects p WHERE p.id = project AND p.owner_id = auth.uid()) $$;

CREATE FUNCTION public.touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['users', 'profiles', 'projects', 'stories', 'scenarios',
                              'video_generations', 'brand_policies'] LOOP
    EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON public.%I
                    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at()', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['users', 'profiles', 'projects', 'stories', 'scenarios', 'prompts',
      'video_generations', 'assets', 'brand_policies', 'feedbacks', 'versions', 'usage_api_calls',
      'usage_storage', 'analytics_events', 'activity_logs'] LOOP
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
  END LOOP;
END $$;

CREATE POLICY own_row ON public.users TO authenticated USING (id = auth.uid());
CREATE POLICY own_row ON public.profiles TO authenticated
  USING (user_id = auth.uid()) WITH CHECK (user_id = auth.uid());
CREATE POLICY own_row ON public.projects TO authenticated
  USING (owner_id = auth.uid()) WITH CHECK (owner_id = auth.uid());
CREATE POLICY own_project ON public.stories TO authenticated USING (public.owns_project(project_id));
CREATE POLICY own_project ON public.assets TO authenticated USING (public.owns_project(project_id));
CREATE POLICY own_project ON public.brand_policies TO authenticated USING (public.owns_project(project_id));
CREATE POLICY own_story ON public.scenarios TO authenticated
  USING (EXISTS (SELECT FROM public.stories s WHERE s.id = story_id));
CREATE POLICY own_scenario ON public.prompts TO authenticated
  USING (EXISTS (SELECT FROM public.scenarios s WHERE s.id = scenario_id));
CREATE POLICY own_prompt ON public.video_generations FOR SELECT TO authenticated
  USING (EXISTS (SELECT FROM public.prompts p WHERE p.id = prompt_id));
CREATE POLICY own_story ON public.versions FOR SELECT TO authenticated
  USING (EXISTS (SELECT FROM public.stories s WHERE s.id = story_id));
CREATE POLICY read_feedback ON public.feedbacks FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY write_feedback ON public.feedbacks FOR INSERT TO authenticated
  WITH CHECK (author_id = auth.uid());
CREATE POLICY own_usage ON public.usage_api_calls FOR SELECT TO authenticated USING (user_id = auth.uid());
CREATE POLICY own_usage ON public.usage_storage FOR SELECT TO authenticated USING (user_id = auth.uid());
CREATE POLICY record_event ON public.analytics_events FOR INSERT TO anon, authenticated
  WITH CHECK (user_id IS NULL OR user_id = auth.uid());

ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_files ON storage.objects TO authenticated
  USING (owner = auth.uid()) WITH CHECK (owner = auth.uid());
CREATE POLICY public_files ON storage.objects FOR SELECT TO anon
  USING (bucket_id IN (SELECT id FROM storage.buckets WHERE public));

CREATE VIEW public.project_overview WITH (security_barrier) AS
  SELECT p.id, p.owner_id, p.title, count(s.id) AS stories, max(s.updated_at) AS last_story_at
  FROM public.projects p LEFT JOIN public.stories s ON s.project_id = p.id
  GROUP BY p.id;
CREATE VIEW public.busy_projects AS
  SELECT o.*, pr.display_name AS owner_name
  FROM public.project_overview o JOIN public.profiles pr ON pr.user_id = o.owner_id
  WHERE o.stories > 3;
CREATE MATERIALIZED VIEW public.generation_costs AS
  SELECT date_trunc('month', created_at AT TIME ZONE 'Asia/Seoul')::date AS month, provider, status,
         count(*) AS generations, sum(cost_usd) AS cost_usd
  FROM public.video_generations GROUP BY 1, 2, 3
  WITH NO DATA;
CREATE UNIQUE INDEX generation_costs_key ON public.generation_costs (month, provider, status);

GRANT USAGE ON SCHEMA public, auth, storage TO anon, authenticated, service_role;
GRANT ALL ON ALL TABLES IN SCHEMA public, storage TO service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.profiles, public.projects, public.stories,
  public.scenarios, public.prompts, public.assets, public.brand_policies, public.feedbacks TO authenticated;
GRANT SELECT ON public.video_generations, public.versions, public.usage_api_calls,
  public.usage_storage, public.project_overview TO authenticated;
GRANT SELECT (id, email, role), UPDATE (email) ON public.users TO authenticated;
GRANT SELECT (id, story_id, rating, body) ON public.feedbacks TO anon;
GRANT INSERT ON public.analytics_events TO anon, authenticated;
GRANT SELECT, INSERT, DELETE ON storage.objects TO authenticated;
GRANT SELECT ON storage.objects, storage.buckets TO anon;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO authenticated;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

COMMENT ON SCHEMA auth IS '로그인 계정';
COMMENT ON TABLE public.users IS '서비스 사용자. 역할은 admin, user, guest 중 하나';
COMMENT ON TABLE public.stories IS '영상의 이야기 원고';
COMMENT ON TABLE public.scenarios IS '이야기를 장면으로 나눈 시나리오';
COMMENT ON TABLE public.video_generations IS '생성 요청과 결과';
COMMENT ON COLUMN public.scenarios.scenes IS '장면 목록: 카메라, 대사, 길이(초)';
COMMENT ON COLUMN public.users.role IS '권한';
COMMENT ON MATERIALIZED VIEW public.generation_costs IS '월별 생성 비용';
