import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, startSupabase } from '../../../local/supabase/projects.ts';
import { loadSupabaseSample } from '../../../local/supabase/sample.ts';
import { visibleTo } from '../../../local/supabase/visible.ts';
import { configEnv, engine, engineEnv, makeBucket } from '../../support/engine.ts';

const CONFIG = { backup: { vaultSecrets: true } };

describe.each([15, 17] as const)('a project of PostgreSQL %i in a new project', (major) => {
  let from: LocalSupabase;
  let to: LocalSupabase;
  beforeAll(async () => {
    [from, to] = await Promise.all([startSupabase({ major }), startSupabase({ major })]);
  });
  afterAll(() => Promise.all([from.stop(), to.stop()]));

  it('is for every caller what it was', async () => {
    const source = await from.makeProject();
    await loadSupabaseSample(source);
    const target = await to.makeProject();
    const env = { ...engineEnv(await makeBucket(), source, target), ...(await configEnv(CONFIG)) };
    const made = await engine(['backup', '--kind', 'daily'], env);
    expect(made, made.stderr + made.stdout).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    const restored = await engine(['restore', made.result.id, '--mode', 'full'], env);
    console.log(restored.stderr);
    expect.soft(restored.result.notVerified).toEqual([]);
    const roles = ['reporter', 'Back Office'];
    expect(await visibleTo(target, { roles })).toEqual(await visibleTo(source, { roles }));
  });
});
