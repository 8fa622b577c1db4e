-- The tables of VideoPlanet, as a Supabase project holds them: public for the product,
-- auth for who signs in, storage for the metadata of uploaded files.
-- Keys and row level security are in policies.sql; rows come from data.sql.

CREATE SCHEMA auth;
CREATE SCHEMA storage;

CREATE TABLE auth.users (
  id uuid PRIMARY KEY,
  email text UNIQUE NOT NULL,
  encrypted_password text NOT NULL,
  raw_user_meta_data jsonb NOT NULL DEFAULT '{}',
  last_sign_in_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE storage.buckets (
  id text PRIMARY KEY,
  name text UNIQUE NOT NULL,
  public boolean NOT NULL DEFAULT false,
  file_size_limit bigint,
  allowed_mime_types text[],
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE storage.objects (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  bucket_id text NOT NULL REFERENCES storage.buckets,
  name text NOT NULL,
  owner uuid,
  metadata jsonb,
  path_tokens text[] GENERATED ALWAYS AS (string_to_array(name, '/')) STORED,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (bucket_id, name)
);

CREATE TYPE public.generation_status AS ENUM ('queued', 'running', 'succeeded', 'failed');

CREATE TABLE public.users (
  id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE,
  email text UNIQUE NOT NULL CHECK (email LIKE '%_@_%'),
  role text NOT NULL DEFAULT 'user' CHECK (role IN ('admin', 'user', 'guest')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.profiles (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid UNIQUE NOT NULL REFERENCES public.users ON DELETE CASCADE,
  display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 80),
  company text,
  settings jsonb NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.projects (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner_id uuid NOT NULL REFERENCES public.users ON DELETE CASCADE,
  title text NOT NULL,
  description text,
  tags text[] NOT NULL DEFAULT '{}',
  budget_krw numeric(14, 0) CHECK (budget_krw >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX projects_owner ON public.projects (owner_id, created_at DESC);
CREATE INDEX projects_tags ON public.projects USING gin (tags);

CREATE TABLE public.stories (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project_id uuid NOT NULL REFERENCES public.projects ON DELETE CASCADE,
  title text NOT NULL,
  body text NOT NULL,
  outline jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stories_project ON public.stories (project_id);

CREATE TABLE public.scenarios (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  story_id uuid NOT NULL REFERENCES public.stories ON DELETE CASCADE,
  position integer NOT NULL CHECK (position > 0),
  title text NOT NULL,
  scenes jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (story_id, position)
);

CREATE TABLE public.prompts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  scenario_id uuid NOT NULL REFERENCES public.scenarios ON DELETE CASCADE,
  text text NOT NULL,
  negative_text text NOT NULL DEFAULT '',
  options jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX prompts_scenario ON public.prompts (scenario_id);

CREATE TABLE public.video_generations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  prompt_id uuid NOT NULL REFERENCES public.prompts ON DELETE RESTRICT,
  status public.generation_status NOT NULL DEFAULT 'queued',
  provider text NOT NULL,
  request jsonb NOT NULL,
  result jsonb,
  cost_usd numeric(10, 4),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (status <> 'succeeded' OR result IS NOT NULL)
);
CREATE INDEX video_generations_prompt ON public.video_generations (prompt_id);
CREATE INDEX video_generations_waiting ON public.video_generations (created_at)
  WHERE status IN ('queued', 'running');

CREATE TABLE public.assets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project_id uuid NOT NULL REFERENCES public.projects ON DELETE CASCADE,
  object_id uuid REFERENCES storage.objects ON DELETE SET NULL,
  kind text NOT NULL CHECK (kind IN ('image', 'video', 'audio', 'document')),
  title text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX assets_project ON public.assets (project_id);

CREATE TABLE public.brand_policies (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project_id uuid UNIQUE NOT NULL REFERENCES public.projects ON DELETE CASCADE,
  rules jsonb NOT NULL,
  forbidden_words text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.feedbacks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  story_id uuid NOT NULL REFERENCES public.stories ON DELETE CASCADE,
  author_id uuid REFERENCES public.users ON DELETE SET NULL,
  parent_id uuid REFERENCES public.feedbacks ON DELETE CASCADE,
  rating smallint CHECK (rating BETWEEN 1 AND 5),
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX feedbacks_story ON public.feedbacks (story_id);

CREATE TABLE public.versions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  story_id uuid NOT NULL REFERENCES public.stories ON DELETE CASCADE,
  number integer NOT NULL CHECK (number > 0),
  snapshot jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (story_id, number)
);

CREATE TABLE public.usage_api_calls (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES public.users ON DELETE CASCADE,
  endpoint text NOT NULL,
  tokens integer NOT NULL CHECK (tokens >= 0),
  called_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX usage_api_calls_user ON public.usage_api_calls (user_id, called_at);

CREATE TABLE public.usage_storage (
  user_id uuid NOT NULL REFERENCES public.users ON DELETE CASCADE,
  day date NOT NULL,
  bytes bigint NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (user_id, day)
);

CREATE TABLE public.analytics_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id uuid REFERENCES public.users ON DELETE SET NULL,
  name text NOT NULL,
  properties jsonb NOT NULL DEFAULT '{}',
  occurred_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX analytics_events_time ON public.analytics_events USING brin (occurred_at);

CREATE TABLE public.activity_logs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id uuid REFERENCES public.users ON DELETE SET NULL,
  action text NOT NULL,
  detail text,
  address inet,
  logged_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX activity_logs_user ON public.activity_logs (user_id, logged_at DESC);
