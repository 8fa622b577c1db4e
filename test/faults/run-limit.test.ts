import { expect, it } from 'vitest';
import { engine } from '../support/engine.ts';
import { expectFailedCleanly, makeSource, prepareRun, TWO_PARTS } from '../support/fault-run.ts';

const SLOW = { ...TWO_PARTS, backup: { ...TWO_PARTS.backup, compressionLevel: { daily: 12 } } };

it('a run ends itself at the limit its workflow gives it, sooner than configured, and takes back what it began', async () => {
  const run = await prepareRun(await makeSource(), SLOW);
  const end = await engine(['backup', '--kind', 'daily'], { ...run.env, BACKUP_RUN_MINUTES: '0.02' });
  await expectFailedCleanly(run, end, 'TimeLimitError');
  expect(end.result.error.message).toContain('not done within 0.02 minutes');
});

it('a limit that is no number of minutes is refused before anything is done', async () => {
  const run = await prepareRun(await makeSource());
  const end = await engine(['backup', '--kind', 'daily'], { ...run.env, BACKUP_RUN_MINUTES: 'long' });
  expect(end).toMatchObject({ exitCode: 3, result: { error: { name: 'EnvironmentError' } } });
});
