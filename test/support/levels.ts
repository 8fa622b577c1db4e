import {
  configEnv,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from './engine.ts';
import { backUp } from './runs.ts';

const LEVELS = {
  levels: { critical: ['users', 'projects', 'stories'], important: ['prompts', 'assets', 'calls'] },
  backup: { workers: 2 },
};

const TABLES = `
  CREATE TABLE users (id int PRIMARY KEY, name text);
  CREATE TABLE projects (id int PRIMARY KEY, owner_id int NOT NULL REFERENCES users);
  CREATE TABLE assets (id int PRIMARY KEY);
  CREATE TABLE stories (id int PRIMARY KEY, project_id int REFERENCES projects, asset_id int REFERENCES assets);
  CREATE TABLE prompts (id int PRIMARY KEY, user_id int REFERENCES users, body text);
  CREATE TABLE calls (id bigint, day date, user_id int REFERENCES users, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
  CREATE TABLE calls_old PARTITION OF calls FOR VALUES FROM (MINVALUE) TO ('2026-11-01');
  CREATE TABLE calls_new PARTITION OF calls FOR VALUES FROM ('2026-11-01') TO (MAXVALUE);
  CREATE TABLE tags (id int PRIMARY KEY, project_id int NOT NULL REFERENCES projects ON DELETE CASCADE);
  CREATE TABLE notes (id int PRIMARY KEY, project_id int REFERENCES projects ON DELETE SET NULL);
  CREATE TABLE comments (id int PRIMARY KEY, parent_id int REFERENCES comments, project_id int NOT NULL REFERENCES projects);
  CREATE TABLE loose (id int PRIMARY KEY, project_id int);
  ALTER TABLE loose ADD CONSTRAINT loosely FOREIGN KEY (project_id) REFERENCES projects NOT VALID;
  CREATE SEQUENCE numbers OWNED BY users.id; SELECT setval('numbers', 5);
  INSERT INTO users VALUES (1, 'a'), (2, 'b'); INSERT INTO projects VALUES (1, 1), (2, 2);
  INSERT INTO assets VALUES (1); INSERT INTO stories VALUES (1, 1, 1), (2, 2, NULL);
  INSERT INTO prompts VALUES (1, 1, 'first'); INSERT INTO calls VALUES (1, '2026-10-01', 1), (2, '2026-11-02', 2);
  INSERT INTO tags VALUES (1, 1), (2, 2), (3, 2); INSERT INTO notes VALUES (1, 1), (2, 2);
  INSERT INTO comments VALUES (1, NULL, 1), (2, NULL, 2), (3, 2, 1), (4, 3, 1), (5, 1, 1); INSERT INTO loose VALUES (1, 2);`;

/** Between the whole set and the important one … */
const FIRST_CHANGE = `
  INSERT INTO users VALUES (3, 'c'); INSERT INTO prompts VALUES (2, 3, 'of the third'), (3, 1, 'new');
  UPDATE prompts SET body = 'changed' WHERE id = 1; INSERT INTO calls VALUES (3, '2026-11-03', 3), (4, '2026-11-04', 1);
  DELETE FROM calls WHERE id = 2;`;

/** … and between that and the critical one. */
const SECOND_CHANGE = `
  INSERT INTO assets VALUES (9); INSERT INTO stories VALUES (9, 1, 9); UPDATE users SET name = 'A' WHERE id = 1;
  DELETE FROM prompts WHERE user_id = 3; DELETE FROM calls WHERE user_id = 3; DELETE FROM users WHERE id = 3;
  DELETE FROM tags WHERE project_id = 2; DELETE FROM comments WHERE id IN (2, 3, 4); DELETE FROM stories WHERE project_id = 2;
  DELETE FROM loose; DELETE FROM projects WHERE id = 2; SELECT setval('numbers', 50);`;

/** A database with a whole set, an important and a critical one, each of another time. */
export interface Levels {
  readonly source: TestDatabase;
  readonly bucket: TestBucket;
  readonly env: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: results of verbs
  readonly daily: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly important: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly critical: any;
}

export async function makeLevels(major: 15 | 17): Promise<Levels> {
  const [source, bucket] = await Promise.all([makeDatabase(major), makeBucket()]);
  await source.query(TABLES);
  const env = { ...engineEnv(bucket, source), ...(await configEnv(LEVELS)) };
  const daily = await backUp(env, '--kind', 'daily');
  await source.query(FIRST_CHANGE);
  const important = await backUp(env, '--kind', 'important');
  await source.query(SECOND_CHANGE);
  const critical = await backUp(env, '--kind', 'critical');
  return { source, bucket, env, daily, important, critical };
}
