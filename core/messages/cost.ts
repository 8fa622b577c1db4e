import { z } from 'zod';
import type { Language } from '../environment.ts';
import type { Advice } from './messages.ts';
import type { Fact, Part } from './notice.ts';

/** Heading of the runbook. */
export const COST_HEADING = 'Cost';

/** What the month has cost and will cost, and what was found that costs for nothing (spec C2). */
export const costEventSchema = z.object({
  kind: z.literal('cost'),
  /** `2026-11` */
  month: z.string().regex(/^\d{4}-\d{2}$/, 'expected a month such as 2026-11'),
  /** Billed so far; null where AWS does not say. */
  spentUsd: z.number().nullable(),
  /** What the month was estimated at when the stacks were deployed. */
  estimateUsd: z.number(),
  ceilingUsd: z.number(),
  /** What AWS expects the whole month to cost; null where it does not say. */
  forecastUsd: z.number().nullable(),
  findings: z.array(
    z.object({
      /** Names the finding, the same every day: messages are folded by it. */
      what: z.string(),
      en: z.string(),
      ko: z.string(),
    }),
  ),
  /** Whether drills are switched off for the rest of the month. */
  drillsOff: z.boolean(),
});
export type CostEvent = z.output<typeof costEventSchema>;

/** How bad it is, by the figures alone. */
export type Standing = 'over' | 'heading-over' | 'found' | 'well' | 'unknown';

interface CostWords extends Readonly<Record<Standing, Advice>> {
  readonly drillsOff: string;
  readonly found: Advice;
  readonly foundLabel: string;
  readonly notKnown: string;
  readonly labels: Readonly<Record<'month' | 'spent' | 'forecast' | 'estimate' | 'ceiling', string>>;
}

const WORDS: Readonly<Record<Language, CostWords>> = {
  en: {
    over: {
      happened: 'this month has cost more than its ceiling',
      means: 'backups go on whatever they cost',
      todo: 'find in Cost Explorer what it is, and see what was found; raise the ceiling only if you want to pay this every month',
    },
    'heading-over': {
      happened: 'this month is going to cost more than its ceiling',
      means: 'nothing is switched off yet',
      todo: 'find in Cost Explorer what grows, and see what was found',
    },
    found: {
      happened: 'something was found that costs more than it should, or may come to',
      means: 'the ceiling is not passed, as far as AWS says',
      todo: 'see what was found; the runbook says of each what to do',
    },
    well: {
      happened: 'the month is within its ceiling',
      means: 'nothing was found that costs more than it should',
      todo: 'nothing',
    },
    unknown: {
      happened: 'AWS does not say what this month has cost',
      means: 'nobody here watches the ceiling until it does; nothing else was found',
      todo: 'nothing, if it is the first days of the month; else open Cost Explorer and see',
    },
    drillsOff:
      'Drills are switched off until the month is over, by UTC, unless an operator switches them on again (runbook). Backups go on.',
    foundLabel: 'Found',
    notKnown: 'not known yet',
    labels: {
      month: 'Month',
      spent: 'So far',
      forecast: 'Forecast',
      estimate: 'Estimate',
      ceiling: 'Ceiling',
    },
  },
  ko: {
    over: {
      happened: '이번 달 비용이 한도를 넘었습니다',
      means: '백업은 비용과 상관없이 계속됩니다',
      todo: 'Cost Explorer에서 무엇인지 찾고 아래 찾은 것을 보세요. 한도는 매달 이만큼 내려는 경우에만 올리세요',
    },
    'heading-over': {
      happened: '이번 달 비용이 한도를 넘을 것으로 보입니다',
      means: '아직 아무것도 끄지 않았습니다',
      todo: 'Cost Explorer에서 무엇이 늘고 있는지 찾고 아래 찾은 것을 보세요',
    },
    found: {
      happened: '필요 이상으로 비용이 들거나 들 수 있는 것을 찾았습니다',
      means: 'AWS가 알려 준 바로는 한도를 넘지 않았습니다',
      todo: '아래 찾은 것을 보세요. 각각의 할 일은 런북에 있습니다',
    },
    well: {
      happened: '이번 달 비용이 한도 안에 있습니다',
      means: '필요 이상으로 비용이 드는 것은 없습니다',
      todo: '할 일이 없습니다',
    },
    unknown: {
      happened: 'AWS가 이번 달 비용을 알려 주지 않습니다',
      means: '알려 줄 때까지 상한을 여기서는 감시하지 못합니다. 다른 것은 찾지 못했습니다',
      todo: '달의 첫 며칠이라면 할 일이 없습니다. 아니라면 Cost Explorer를 열어 보세요',
    },
    drillsOff:
      'UTC로 이번 달이 끝날 때까지 훈련은 꺼져 있습니다. 운영자가 다시 켤 수 있습니다(런북). 백업은 계속됩니다.',
    foundLabel: '찾은 것',
    notKnown: '아직 모름',
    labels: { month: '월', spent: '지금까지', forecast: '예상', estimate: '추정', ceiling: '한도' },
  },
};

const MARKS: Readonly<Record<Standing, string>> = {
  over: 'rotating_light',
  'heading-over': 'warning',
  found: 'money_with_wings',
  well: 'moneybag',
  unknown: 'grey_question',
};

const FINDINGS_SHOWN = 15;

/** What is said of a month: how bad it is at a glance, the three sentences, what was found and the figures. */
export function costWords(
  event: CostEvent,
  language: Language,
): {
  readonly mark: string;
  readonly advice: Advice;
  readonly parts: readonly Part[];
  readonly facts: readonly Fact[];
} {
  const words = WORDS[language];
  const standing = standingOf(event);
  const usd = (value: number | null) => (value === null ? words.notKnown : `$${value.toFixed(2)}`);
  const { labels } = words;
  const found = event.findings.slice(0, FINDINGS_SHOWN).map((finding) => `• ${finding[language]}`);
  const more = event.findings.length - found.length;
  return {
    mark: MARKS[standing],
    advice: words[standing],
    parts: [
      ...(event.drillsOff ? [{ text: words.drillsOff }] : []),
      ...(found.length === 0
        ? []
        : [{ label: words.foundLabel, text: [...found, ...(more > 0 ? [`… +${more}`] : [])].join('\n') }]),
    ],
    facts: [
      { label: labels.month, value: event.month },
      { label: labels.spent, value: usd(event.spentUsd) },
      { label: labels.forecast, value: usd(event.forecastUsd) },
      { label: labels.estimate, value: usd(event.estimateUsd) },
      { label: labels.ceiling, value: usd(event.ceilingUsd) },
    ],
  };
}

/** How bad the month is. */
export function standingOf({ spentUsd, forecastUsd, ceilingUsd, findings }: CostEvent): Standing {
  if (spentUsd !== null && spentUsd > ceilingUsd) return 'over';
  if (forecastUsd !== null && forecastUsd > ceilingUsd) return 'heading-over';
  // what a month came to that is over is none
  if (findings.some(({ what }) => what !== 'month-before')) return 'found';
  return spentUsd === null ? 'unknown' : 'well';
}
