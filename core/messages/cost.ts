import { z } from 'zod';
import type { Language } from '../environment.ts';

/** What the cost guard tells people (spec C2). Sums are US dollars that AWS counts, without tax and credits. */
export const costEventSchema = z.object({
  kind: z.literal('cost'),
  /** Of the bill, in UTC: `YYYY-MM`. */
  month: z.string(),
  /** Nothing where AWS does not say. */
  spentUsd: z.number().nullable(),
  /** What AWS was estimated to bill for the whole month. */
  estimateUsd: z.number(),
  ceilingUsd: z.number(),
  /** What AWS expects the whole month to come to. */
  forecastUsd: z.number().nullable(),
  findings: z.array(z.object({ what: z.string(), en: z.string(), ko: z.string() })),
  drillsOff: z.boolean(),
});
export type CostEvent = z.output<typeof costEventSchema>;

const usd = (amount: number | null) => (amount === null ? null : `$${amount.toFixed(2)}`);

/** The message: a title, then line by line. */
export function costLines(event: CostEvent, language: Language): string[] {
  const { month, findings } = event;
  const [spent, forecast] = [usd(event.spentUsd), usd(event.forecastUsd)];
  const [estimate, ceiling] = [usd(event.estimateUsd), usd(event.ceilingUsd)];
  const listed = findings.map((finding) => `• ${finding[language]}`);
  if (language === 'ko')
    return [
      `${month} AWS 비용: ${spent ?? '알 수 없음'}`,
      `예상(추정) 월 비용 ${estimate}, 상한 ${ceiling}${forecast === null ? '' : `, AWS가 예측한 이번 달 ${forecast}`}.`,
      ...listed,
      ...(event.drillsOff ? ['훈련은 꺼져 있습니다. 백업은 계속됩니다.'] : []),
    ];
  return [
    `Costs of ${month} at AWS: ${spent ?? 'unknown'}`,
    `Estimated for the month ${estimate}, ceiling ${ceiling}${forecast === null ? '' : `, forecast by AWS ${forecast}`}.`,
    ...listed,
    ...(event.drillsOff ? ['Drills are switched off. Backups go on.'] : []),
  ];
}
