import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundles, bundleFunctions, capabilitiesOf } from '../support/functions.ts';

const CAPABILITIES = await capabilitiesOf(`${import.meta.dirname}/../..`);

describe('the functions', () => {
  let bundles: Bundles;
  beforeAll(async () => {
    bundles = await bundleFunctions();
  });
  afterAll(() => bundles.remove());

  it('are these', () => {
    expect(CAPABILITIES).toEqual([
      'audit',
      'backup-monitor',
      'backup-plan',
      'cost-guard',
      'drill-clean-up',
      'drill-plan',
      'drill-report',
      'explain-failure',
      'integrity-check',
      'pitr-monitor',
      'restore-plan',
      'restore-report',
      'restore-thaw',
      'retention',
      'slack-alert',
      'supabase-pitr',
      'supabase-project',
      'supabase-reaper',
    ]);
  });

  it.each(CAPABILITIES)(
    '%s is one module Node loads, and answers without its settings in words',
    async (name) => {
      const { result, error } = await bundles.call(name, { kind: 5 });
      expect(result).toBeUndefined();
      expect(error?.name).toMatch(/^(EventInvalidError|EnvironmentError)$/);
      expect(error?.message).toMatch(/the event cannot be used: |is not set; the stack sets it to /);
    },
  );

  it('explain a failure with nothing but the name of the environment', async () => {
    const event = {
      failure: { backup: { Error: 'States.Timeout', Cause: '' } },
      input: { kind: 'weekly' },
      execution: {
        id: 'arn:aws:states:ap-northeast-2:1:execution:b:r',
        name: 'r',
        startedAt: '2026-11-24T00:00:00Z',
      },
    };
    const { result, log } = await bundles.call('explain-failure', event, { ENVIRONMENT_NAME: 'staging' });
    expect(Object.keys(result)).toEqual(['error', 'cause', 'subject', 'message']);
    expect(result.subject).toBe('VideoPlanet Backup (staging): weekly backup failed, WorkflowTimedOut');
    expect(log).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        message: 'workflow failed',
        error: 'WorkflowTimedOut',
        execution: 'r',
      }),
    ]);
  });
});
