import { describe, expect, it } from 'vitest';
import { renderStatus } from '../../../containers/engine/status/render.ts';
import { StorageError } from '../../../core/errors/index.ts';
import type { Expectations } from '../../../core/health/expectations.ts';
import { measureHealth } from '../../../core/health/health.ts';
import { judge } from '../../../core/health/judge.ts';
import {
  ago,
  expecting,
  HealthStore,
  healthyStore,
  NOW,
  strategyExpectations,
} from '../../support/health.ts';

/** No drills, so that nothing is said of them. */
const EXPECTED = expecting({ schedules: { drill: { enabled: false } } });

async function screen(
  store: HealthStore,
  language: 'ko' | 'en' = 'en',
  expected: Expectations = EXPECTED,
  environment?: string,
): Promise<string> {
  const health = await measureHealth(store.sources(), expected, NOW);
  return renderStatus(
    { environment, at: NOW, health, findings: judge(health, expected) },
    expected,
    language,
  );
}
const rowOf = (text: string, kind: string) =>
  text
    .split('\n')
    .find((line) => line.startsWith(`│ ${kind}`))
    ?.split('│')
    .map((cell) => cell.trim())
    .slice(1, -1);

describe('the screen of status', () => {
  it('begins with the verdict, and fits a screen', async () => {
    const text = await screen(healthyStore(), 'en', EXPECTED, 'production');
    expect(text.split('\n')[0]).toBe('GREEN  production, 2026-11-24 00:00 UTC');
    expect(text.split('\n').length).toBeLessThan(24);
    expect(rowOf(text, 'critical')).toEqual([
      'critical',
      'critical-20261123T235000Z',
      '10 min',
      '15 min',
      '10.0 MB (×1.00)',
      '2 min, 8 %',
      '20',
    ]);
    expect(rowOf(text, 'pre-restore')?.[1]).toBe('none');
    expect(text).toContain('newest point of recovery (PITR): not asked');
  });

  it('says what is wrong before the figures, with the place in the runbook', async () => {
    const store = healthyStore().add('daily', ago(60), 'failed').addUnfinished('critical', ago(2), ago(0));
    const [verdict, what, where] = (await screen(store)).split('\n');
    expect(verdict).toMatch(/^WRONG/);
    expect(what).toContain('daily-20261123T230000Z is damaged');
    expect(where).toContain('Backup/Damaged → docs/runbook.md#backupdamaged');
    expect(rowOf(await screen(store), 'critical')?.at(-1)).toBe('20 + 1');
  });

  it('says plainly what is not made here, what it could not look at, and what is older than may be lost', async () => {
    const open = await screen(new HealthStore().addRow('daily', 2, 1440, 1500), 'en', strategyExpectations());
    expect(open).toContain('no environment named');
    expect(rowOf(open, 'daily')?.[3]).toBe('1 d 0 h (exceeded)');
    expect(rowOf(open, 'critical')?.[1]).toBe('not made here');
    const store = healthyStore();
    store.refuses = (key) =>
      key.startsWith('critical/') ? new StorageError('listing', new Error('denied')) : undefined;
    const blind = await screen(store);
    expect(blind).toMatch(/^NOT KNOWN/);
    expect(rowOf(blind, 'critical')?.[1]).toBe('could not look');
  });

  it('is there in Korean', async () => {
    const text = await screen(new HealthStore(), 'ko');
    expect(text).toMatch(/^이상 있음 {2}환경을 지정하지 않아/);
    expect(text).toContain('버킷에 세트가 하나도 없습니다');
    expect(rowOf(text, 'daily')?.[1]).toBe('없음');
  });
});
