import { describe, expect, it } from 'vitest';
import { engine, engineEnv, makeBucket, makeDatabase } from '../../support/engine.ts';
import { backUp } from '../../support/runs.ts';
import { makeKeyPair } from '../../support/keys.ts';

describe('drill', () => {
  it('runs', async () => {
    const source = await makeDatabase(15);
    await source.query('CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users SELECT g, g::text FROM generate_series(1,1000) g');
    const bucket = await makeBucket();
    await backUp(engineEnv(bucket, source));
    const end = await engine(['drill', '--out', '/tmp/drill-out'], engineEnv(bucket, source));
    console.log(end.stderr.slice(-6000));
    console.log(JSON.stringify(end.result, null, 1));
  }, 120_000);
});
