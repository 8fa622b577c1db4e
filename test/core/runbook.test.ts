import { describe, expect, it } from 'vitest';
import { runbookLink } from '../../core/runbook.ts';

describe('the link to a heading of the runbook', () => {
  it.each([
    ['BackupFailed', 'docs/runbook.md#backupfailed'],
    ['No verified daily backup (stale)', 'docs/runbook.md#no-verified-daily-backup-stale'],
    ['백업 실패', 'docs/runbook.md#백업-실패'],
  ])('%s is %s', (heading, link) => {
    expect(runbookLink(heading)).toBe(link);
  });
});
