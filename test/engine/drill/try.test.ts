import { mkdtemp } from 'node:fs/promises';
import { inject, it } from 'vitest';
import { engine, engineEnv, makeBucket, makeDatabase } from '../../support/engine.ts';
import { backUp } from '../../support/runs.ts';
import { loadZoo } from '../../support/zoo/load.ts';
import { startSupabase } from '../../../local/supabase/projects.ts';
import { loadSupabaseSample } from '../../../local/supabase/sample.ts';

  it('runs', async () => {
    const source = await makeDatabase(15);
    await loadZoo(source.url);
    const bucket = await makeBucket();
    await backUp(engineEnv(bucket, source));
    for (const major of [15, 17] as const) {
    const end = await engine(['drill'], {...engineEnv(bucket, source), BACKUP_POSTGRES_BINDIRS: major === 15 ? inject('servers')[15].binDir : inject('servers')[17].binDir});
    console.log(JSON.stringify({ v: end.result.target, f: end.result.failed, n: end.result.notVerified }, null, 1), end.result.error);
    }
  }, 120_000);
