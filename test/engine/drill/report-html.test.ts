import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../containers/engine/drill/html/render.ts';
import { ROWS_SHOWN } from '../../../containers/engine/drill/html/tables.ts';
import {
  CHECK_WORDS,
  FIGURE_WORDS,
  STATE_WORDS,
  UNIT_WORDS,
} from '../../../containers/engine/drill/html/terms.ts';
import { type DrillReport, drillReportSchema } from '../../../core/drill/report.ts';
import { emptyDrill, failedDrill, unsureDrill, verifiedDrill } from '../../support/drill-reports.ts';

const HOSTILE = `<script>alert(1)</script>"'&\u202e\u0000${'긴'.repeat(270)}`;

function withTables(count: number, name: (index: number) => string): DrillReport {
  const report = failedDrill();
  const [first] = report.tables;
  if (first === undefined) throw new Error('the sample has no table');
  const tables = Array.from({ length: count }, (_, i) => ({ ...first, name: name(i) }));
  return { ...report, tables: [...tables, ...report.tables.filter(({ state }) => state === 'failed')] };
}

describe('the page of a drill', () => {
  it.each([
    ['verified', verifiedDrill(), '복원이 확인되었습니다', 'Restore verified'],
    ['failed', failedDrill(), '복원 훈련이 실패했습니다', 'Drill failed'],
    ['could not verify', unsureDrill(), '확인하지 못했습니다', 'Could not verify'],
    ['one without a set', emptyDrill(), '복원할 백업 세트가 없었습니다', 'There was no backup set'],
  ])('says in both languages what a drill found: %s', async (_, report, korean, english) => {
    expect(drillReportSchema.safeParse(report).error).toBeUndefined();
    const page = await renderReport(report, { language: 'ko' });
    expect(page).toMatch(/^<!doctype html>\n<html lang="ko">/);
    expect(page).toContain(korean);
    expect(page).toContain(english);
    expect(page.indexOf(korean)).toBeLessThan(page.indexOf(english));
    expect(/\b(undefined|NaN|null)\b|\[object/.exec(page)?.[0]).toBeUndefined();
  });

  it('holds nothing that runs and nothing that is fetched', async () => {
    const page = await renderReport(failedDrill(), { language: 'en' });
    expect(page).toContain('<html lang="en">');
    expect(page).toContain('content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;');
    expect(
      /<script|<link|<img|<iframe|@import|url\(\s*["']?https?:|\son\w+=|javascript:/i.exec(page),
    ).toBeNull();
  });

  it('escapes whatever a database can be named, and makes the unseen seen', async () => {
    const report = failedDrill();
    const page = await renderReport(
      {
        ...withTables(1, () => HOSTILE),
        target: { ...report.target, name: HOSTILE },
        phases: [{ name: HOSTILE, begins: 0, seconds: 4 }],
        notVerified: [HOSTILE],
        checks: report.checks.map((check) => ({ ...check, findings: [HOSTILE] })),
        dataLoss: { lookedAt: null, reason: HOSTILE, tables: [] },
      },
      { language: 'en' },
    );
    expect(page).not.toContain('<script');
    expect(page).not.toContain('\u202e');
    expect(page).not.toContain('\u0000');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\u{202e}\\u{0}');
  });

  it('shows failed tables first and says how many of five thousand it leaves out', async () => {
    const page = await renderReport(
      withTables(5000, (i) => `table_${i}_${'x'.repeat(50)}`),
      { language: 'en' },
    );
    expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
    expect(page).toContain(`${(5001 - ROWS_SHOWN).toLocaleString('en-GB')} more are left out here`);
    const list = page.slice(page.indexOf('aria-label="All tables"'));
    expect(list.indexOf('public.payments')).toBeLessThan(list.indexOf('public.table_0_'));
  });

  it('tells a regression in words, and of a loss that is unknown why it is', async () => {
    const slow = await renderReport(failedDrill(), { language: 'en' });
    expect(slow).toMatch(/Regression: this recovery took 1\.5\d times the median/);
    const unsure = await renderReport(unsureDrill(), { language: 'en' });
    expect(unsure).toContain('The source was not looked at, so the loss is unknown.');
    expect(unsure).toContain('connection refused');
  });

  it('gives times in Seoul and in UTC', async () => {
    const page = await renderReport(verifiedDrill(), { language: 'en' });
    expect(page).toMatch(/27 Nov 2026, 02:05:30 KST <span class="utc">\(2026-11-26 17:05:30 UTC\)/);
  });

  it('has ids that no two charts share', async () => {
    const page = await renderReport(verifiedDrill(), { language: 'ko' });
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...page.matchAll(/<svg role="img" aria-label="[^"]+"/g)]).toHaveLength(8);
  });

  it('has a word in both languages for all it names', () => {
    const all = [CHECK_WORDS, FIGURE_WORDS, STATE_WORDS, UNIT_WORDS].flatMap((words) => Object.values(words));
    expect(all.filter(({ ko, en }) => ko.trim() === '' || en.trim() === '')).toEqual([]);
  });
});
