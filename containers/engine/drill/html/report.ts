import type { DrillReport } from '../../../../core/drill/report.ts';

export async function renderReport(
  report: DrillReport,
  _options: { language: 'ko' | 'en' },
): Promise<string> {
  return `<pre>${report.id}</pre>`;
}
