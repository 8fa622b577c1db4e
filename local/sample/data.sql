-- The rows. sample.megabytes says how large the five big tables (stories, scenarios, prompts,
-- video_generations, analytics_events) become together; the others stay small beside them.

CREATE TEMP TABLE size AS
  SELECT greatest(10, megabytes * 100) AS stories,
         greatest(10, megabytes * 100) AS scenarios,
         greatest(10, megabytes * 100) AS prompts,
         greatest(10, megabytes * 100) AS generations,
         greatest(50, megabytes * 500) AS events,
         least(5000, 50 + megabytes * 2) AS users,
         least(20000, 150 + megabytes * 6) AS projects
  FROM (SELECT current_setting('sample.megabytes')::int AS megabytes) AS knob;

INSERT INTO auth.users
  SELECT pg_temp.id('user', i), 'user' || i || '@videoplanet.example', '$2a$10$' || md5('password' || i),
         jsonb_build_object('full_name', pg_temp.title(i, 1), 'locale', 'ko-KR'),
         pg_temp.moment(i, 2), pg_temp.moment(i, 2) - interval '30 days'
  FROM generate_series(1, (SELECT users FROM size)) AS i;

INSERT INTO public.users
  SELECT id, email, CASE WHEN email LIKE 'user1@%' THEN 'admin' WHEN email LIKE '%7@%' THEN 'guest' ELSE 'user' END,
         created_at, created_at
  FROM auth.users;

INSERT INTO public.profiles
  SELECT pg_temp.id('profile', i), pg_temp.id('user', i),
         pg_temp.pick(ARRAY['김', '이', '박', '최', '정', '강', '조', '윤'], pg_temp.hash(i, 3))
           || pg_temp.pick(ARRAY['민준', '서연', '지우', '하은', '도윤', '수아', '예준', '지호'], pg_temp.hash(i, 4)),
         CASE WHEN i % 3 = 0 THEN NULL ELSE '주식회사 ' || pg_temp.title(i, 5) END,
         jsonb_build_object('theme', CASE WHEN i % 2 = 0 THEN '어둡게' ELSE '밝게' END,
           'notifications', jsonb_build_object('email', i % 2 = 0, 'push', jsonb_build_array('완료', '댓글'))),
         pg_temp.moment(i, 6)
  FROM generate_series(1, (SELECT users FROM size)) AS i;

INSERT INTO public.projects
  SELECT pg_temp.id('project', i), pg_temp.id('user', 1 + pg_temp.hash(i, 7) % users),
         pg_temp.title(i, 8), pg_temp.korean(i, 9, 3),
         ARRAY[pg_temp.pick(ARRAY['광고', '다큐', '교육', '뮤직비디오', '브이로그'], i), '2026'],
         pg_temp.hash(i, 10) % 90000 * 1000, pg_temp.moment(i, 11), pg_temp.moment(i, 11)
  FROM size, generate_series(1, projects) AS i;

INSERT INTO public.stories
  SELECT pg_temp.id('story', i), pg_temp.id('project', 1 + pg_temp.hash(i, 12) % projects),
         pg_temp.title(i, 13), pg_temp.korean(i, 14, 17),
         jsonb_build_object('장르', pg_temp.pick(ARRAY['드라마', '코미디', '스릴러'], i), 'acts',
           jsonb_build_array(jsonb_build_object('막', 1, '길이', i % 60), jsonb_build_object('막', 2, '길이', i % 90))),
         pg_temp.moment(i, 15), pg_temp.moment(i, 15)
  FROM size, generate_series(1, stories) AS i;

-- Scenarios follow the stories one to one or two to one, so that positions stay unique.
INSERT INTO public.scenarios
  SELECT pg_temp.id('scenario', i), pg_temp.id('story', 1 + (i - 1) / 2), 1 + (i - 1) % 2, pg_temp.title(i, 16),
         jsonb_build_array(
           jsonb_build_object('장면', 1, '카메라', '클로즈업', '대사', pg_temp.korean(i, 17, 8), 'seconds', i % 30 + 1.5),
           jsonb_build_object('장면', 2, '카메라', '드론 샷', '대사', pg_temp.korean(i, 18, 8),
             'lights', jsonb_build_object('key', md5(i::text), 'fill', NULL, '비율', jsonb_build_array(16, 9)))),
         pg_temp.moment(i, 19), pg_temp.moment(i, 19)
  FROM size, generate_series(1, scenarios) AS i;

INSERT INTO public.prompts
  SELECT pg_temp.id('prompt', i), pg_temp.id('scenario', 1 + pg_temp.hash(i, 20) % scenarios),
         pg_temp.korean(i, 21, 15), pg_temp.korean(i, 22, 2),
         jsonb_build_object('seed', pg_temp.hash(i, 23), 'style', jsonb_build_object('색감', '필름', 'strength',
           (pg_temp.hash(i, 24) % 1000) / 1000.0), '참고', jsonb_build_array(md5('a' || i), md5('b' || i))),
         pg_temp.moment(i, 25)
  FROM size, generate_series(1, prompts) AS i;

INSERT INTO public.video_generations
  SELECT pg_temp.id('generation', i), pg_temp.id('prompt', 1 + pg_temp.hash(i, 26) % prompts),
         (ARRAY['succeeded', 'succeeded', 'failed', 'queued', 'running'])[1 + i % 5]::public.generation_status,
         pg_temp.pick(ARRAY['runway', 'veo', 'kling', '자체 모델'], pg_temp.hash(i, 27)),
         jsonb_build_object('prompt', pg_temp.korean(i, 28, 14), 'size', jsonb_build_array(1920, 1080),
           'callback', 'https://api.videoplanet.example/hooks/' || md5('hook' || i)),
         CASE WHEN i % 5 < 3 THEN jsonb_build_object('file', md5('file' || i) || '.mp4', 'etag', md5('etag' || i),
           'log', pg_temp.korean(i, 29, 3)) END,
         (pg_temp.hash(i, 30) % 100000) / 10000.0, pg_temp.moment(i, 31), pg_temp.moment(i, 31)
  FROM size, generate_series(1, generations) AS i;

INSERT INTO public.analytics_events (user_id, name, properties, occurred_at)
  SELECT CASE WHEN i % 11 <> 0 THEN pg_temp.id('user', 1 + pg_temp.hash(i, 32) % users) END,
         pg_temp.pick(ARRAY['page_view', 'story_saved', 'video_played', '공유', '결제 시도'], pg_temp.hash(i, 33)),
         jsonb_build_object('session', md5('session' || i / 20), 'page', '/projects/' || pg_temp.hash(i, 34),
           'title', pg_temp.title(i, 35), 'device', jsonb_build_object('os', 'iOS', 'screen', i % 3000),
           'memo', pg_temp.korean(i, 36, 1)),
         timestamptz '2025-11-01 00:00:00+00' + (interval '365 days' * (i::float8 / events))
  FROM size, generate_series(1, events) AS i;

INSERT INTO storage.buckets
  VALUES ('videos', 'videos', false, 5368709120, '{video/mp4,video/webm}', '2025-11-02 09:00:00+09'),
         ('thumbnails', 'thumbnails', true, 5242880, '{image/png,image/jpeg}', '2025-11-02 09:01:00+09'),
         ('brand-assets', 'brand-assets', false, NULL, NULL, '2025-11-03 10:00:00+09');

INSERT INTO storage.objects (id, bucket_id, name, owner, metadata, created_at)
  SELECT pg_temp.id('object', i), pg_temp.pick(ARRAY['videos', 'thumbnails', 'brand-assets'], i),
         pg_temp.id('user', owner) || '/' || pg_temp.title(i, 37) || '.mp4', pg_temp.id('user', owner),
         jsonb_build_object('eTag', '"' || md5('object' || i) || '"', 'size', pg_temp.hash(i, 38),
           'mimetype', 'video/mp4', 'cacheControl', 'max-age=3600', 'httpStatusCode', 200),
         pg_temp.moment(i, 39)
  FROM size, generate_series(1, projects * 2) AS i, LATERAL (SELECT 1 + pg_temp.hash(i, 40) % users AS owner) AS o;

INSERT INTO public.assets
  SELECT pg_temp.id('asset', i), pg_temp.id('project', 1 + pg_temp.hash(i, 41) % projects),
         CASE WHEN i % 9 <> 0 THEN pg_temp.id('object', i) END,
         pg_temp.pick(ARRAY['image', 'video', 'audio', 'document'], pg_temp.hash(i, 42)),
         pg_temp.title(i, 43), pg_temp.moment(i, 44)
  FROM size, generate_series(1, projects * 2) AS i;

INSERT INTO public.brand_policies
  SELECT pg_temp.id('brand', i), pg_temp.id('project', i),
         jsonb_build_object('색상', jsonb_build_array('#' || left(md5('color' || i), 6), '#ffffff'),
           '말투', jsonb_build_object('존댓말', i % 2 = 0, '설명', pg_temp.korean(i, 45, 2))),
         ARRAY['최고', '유일한', '100% 보장'], pg_temp.moment(i, 46)
  FROM size, generate_series(1, projects / 2) AS i;

-- Replies answer an earlier feedback, so a single INSERT in order satisfies the self reference.
INSERT INTO public.feedbacks
  SELECT pg_temp.id('feedback', i), pg_temp.id('story', 1 + pg_temp.hash(i, 47) % stories),
         pg_temp.id('user', 1 + pg_temp.hash(i, 48) % users),
         CASE WHEN i % 4 = 0 THEN pg_temp.id('feedback', i / 2) END,
         CASE WHEN i % 5 <> 0 THEN 1 + pg_temp.hash(i, 49) % 5 END,
         pg_temp.korean(i, 50, 2) || '👍', pg_temp.moment(i, 51)
  FROM size, generate_series(1, projects * 3) AS i;

INSERT INTO public.versions (story_id, number, snapshot, created_at)
  SELECT pg_temp.id('story', 1 + (i - 1) / 3), 1 + (i - 1) % 3,
         jsonb_build_object('제목', pg_temp.title(i, 52), '본문', pg_temp.korean(i, 53, 4)), pg_temp.moment(i, 54)
  FROM size, generate_series(1, stories / 2) AS i;

INSERT INTO public.usage_api_calls (user_id, endpoint, tokens, called_at)
  SELECT pg_temp.id('user', 1 + pg_temp.hash(i, 55) % users),
         pg_temp.pick(ARRAY['/v1/stories', '/v1/videos', '/v1/prompts/개선'], pg_temp.hash(i, 56)),
         pg_temp.hash(i, 57) % 8000, pg_temp.moment(i, 58)
  FROM size, generate_series(1, users * 10) AS i;

INSERT INTO public.usage_storage
  SELECT pg_temp.id('user', i), date '2026-10-31' - day, pg_temp.hash(i, day)
  FROM size, generate_series(1, users) AS i, generate_series(0, 6) AS day;

INSERT INTO public.activity_logs (user_id, action, detail, address, logged_at)
  SELECT pg_temp.id('user', 1 + pg_temp.hash(i, 59) % users),
         pg_temp.pick(ARRAY['로그인', '프로젝트 생성', '영상 내려받기', '역할 변경'], pg_temp.hash(i, 60)),
         CASE WHEN i % 3 = 0 THEN pg_temp.korean(i, 61, 1) END,
         inet '10.0.0.0' + pg_temp.hash(i, 62) % 65536, pg_temp.moment(i, 63)
  FROM size, generate_series(1, users * 8) AS i;

REFRESH MATERIALIZED VIEW public.generation_costs;
DROP TABLE size;
ANALYZE;
