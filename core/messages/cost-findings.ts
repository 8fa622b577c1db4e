import type { OverdueTask, StaleUpload } from '../cost/guard-leaks.ts';
import type { GuardSettings } from '../cost/guard-settings.ts';
import type { Spending } from '../cost/guard-spending.ts';
import type { Growth } from '../cost/guard-storage.ts';

/**
 * Something to say about costs. What grows dearer by the day is said every day; what stays as it is, on Mondays (UTC), for a
 * message that comes daily is read by nobody.
 */
export interface CostFinding {
  /** Stable: the table under "Cost" of the runbook goes by it. */
  readonly what: CostFindingName;
  readonly every: 'day' | 'week';
  readonly en: string;
  readonly ko: string;
}

export type CostFindingName =
  | 'above-ceiling'
  | 'forecast-above-ceiling'
  | 'above-estimate'
  | 'nothing-counted'
  | 'costs-unknown'
  | 'stale-uploads'
  | 'storage-doubled'
  | 'storage-above-estimate'
  | 'task-overdue'
  | 'project-left'
  | 'not-looked-at'
  | 'month-before';

/** What becomes of drills this month. */
export type DrillState = 'on' | 'wanted' | 'off' | 'switched-off';

/** Findings of which another alarm tells by mail. */
export const ALARMED_ELSEWHERE: readonly CostFindingName[] = [
  'above-ceiling',
  'stale-uploads',
  'project-left',
  'not-looked-at',
  'month-before',
];

const usd = (amount: number) => `$${amount.toFixed(2)}`;
const gb = (amount: number) => `${amount.toFixed(amount < 10 ? 2 : 0)} GB`;
/** ` Most: …`, or nothing where nothing costs anything. */
const most = ({ largest }: Spending, label: string) =>
  largest.length === 0
    ? ''
    : ` ${label}: ${largest.map(({ service, usd: amount }) => `${service} ${usd(amount)}`).join(', ')}.`;
const minute = (at: Date) => `${at.toISOString().slice(0, 16)}Z`;

/** @param drills what becomes of them */
export function aboveCeiling(
  spending: Spending,
  spentUsd: number,
  ceilingUsd: number,
  drills: DrillState,
): CostFinding {
  const words = {
    on: ['drills could not be switched off', '훈련을 끄지 못했습니다'],
    'switched-off': [
      'drills are switched off until the month is over',
      '이번 달이 끝날 때까지 훈련을 껐습니다',
    ],
    off: ['drills are off until the month is over', '이번 달이 끝날 때까지 훈련은 꺼져 있습니다'],
    wanted: ['drills go on, as an operator wants it', '운영자의 지시에 따라 훈련은 계속됩니다'],
  }[drills];
  return {
    what: 'above-ceiling',
    every: drills === 'switched-off' || drills === 'on' ? 'day' : 'week',
    en: `${spending.month} has cost ${usd(spentUsd)}, above the ceiling of ${usd(ceilingUsd)}; ${words[0]}, backups go on.${most(spending, 'Most')}`,
    ko: `${spending.month} 비용이 ${usd(spentUsd)}로 상한 ${usd(ceilingUsd)}를 넘었습니다. ${words[1]}. 백업은 계속됩니다.${most(spending, '가장 큰 항목')}`,
  };
}

export function forecastAboveCeiling(
  spending: Spending,
  forecastUsd: number,
  ceilingUsd: number,
): CostFinding {
  return {
    what: 'forecast-above-ceiling',
    every: 'week',
    en: `AWS expects ${usd(forecastUsd)} for ${spending.month}, above the ceiling of ${usd(ceilingUsd)}.${most(spending, 'Most so far')}`,
    ko: `AWS는 ${spending.month} 비용을 ${usd(forecastUsd)}로 예측합니다. 상한 ${usd(ceilingUsd)}를 넘는 값입니다.${most(spending, '지금까지 가장 큰 항목')}`,
  };
}

/** @param estimatedUsd for the part of the month that is over */
export function aboveEstimate(
  spending: Spending,
  spentUsd: number,
  estimatedUsd: number,
  scope: GuardSettings['scope'],
): CostFinding {
  const whole = scope === 'account';
  return {
    what: 'above-estimate',
    every: 'week',
    en: `${spending.month} has cost ${usd(spentUsd)} so far, estimated were ${usd(estimatedUsd)}.${most(spending, 'Most')}${
      whole ? ' Counted is the whole account: if others use it, count by a tag (cost.budget.scope).' : ''
    }`,
    ko: `${spending.month} 비용이 지금까지 ${usd(spentUsd)}입니다. 추정은 ${usd(estimatedUsd)}였습니다.${most(spending, '가장 큰 항목')}${
      whole ? ' 계정 전체를 센 값입니다. 다른 것도 쓰는 계정이라면 태그로 세십시오(cost.budget.scope).' : ''
    }`,
  };
}

export function nothingCounted(month: string, scope: GuardSettings['scope']): CostFinding {
  const tag = scope === 'account' ? undefined : scope.tag;
  return {
    what: 'nothing-counted',
    every: 'week',
    en:
      tag === undefined
        ? `AWS counts nothing for ${month}, which cannot be: the bill may be paid by another account of the organization. Nobody watches the ceiling.`
        : `AWS counts nothing for ${month}: activate the cost allocation tag ${tag} (Billing, Cost allocation tags). Until a day after that nobody watches the ceiling.`,
    ko:
      tag === undefined
        ? `AWS가 집계한 ${month} 비용이 없습니다. 있을 수 없는 일입니다. 조직의 다른 계정이 비용을 낼 수 있습니다. 상한을 아무도 감시하지 않습니다.`
        : `AWS가 집계한 ${month} 비용이 없습니다. 비용 할당 태그 ${tag}를 활성화하십시오(Billing, Cost allocation tags). 그로부터 하루가 지날 때까지 상한을 아무도 감시하지 않습니다.`,
  };
}

export function costsUnknown(problem: string): CostFinding {
  return {
    what: 'costs-unknown',
    every: 'week',
    en: `Cost Explorer does not say what the month has cost (${problem}): nobody but the budget watches the ceiling.`,
    ko: `Cost Explorer가 이번 달 비용을 알려 주지 않습니다(${problem}). 상한은 예산(Budgets)만 감시합니다.`,
  };
}

/** @param bytes of the oldest, as many as were looked into; nothing where S3 did not say */
export function uploadsStale(uploads: readonly StaleUpload[], bytes: number | null): CostFinding {
  const [oldest] = uploads;
  const since = oldest === undefined ? '' : minute(oldest.startedAt);
  const key = oldest?.key ?? '';
  const mib = bytes === null ? '' : (bytes / 1024 ** 2).toFixed(0);
  return {
    what: 'stale-uploads',
    every: 'day',
    en: `Uploads in parts that were begun and never ended: ${uploads.length}${mib === '' ? '' : `, of at least ${mib} MiB`}; the oldest since ${since}: ${key}. Lifecycle removes them within two or three days.`,
    ko: `시작하고 끝나지 않은 분할 업로드가 ${uploads.length}개 있습니다${mib === '' ? '' : `(${mib} MiB 이상)`}. 가장 오래된 것은 ${since}의 ${key}입니다. 수명 주기가 이틀에서 사흘 안에 지웁니다.`,
  };
}

/** @param grown prefixes with what came to each within the week; none where nobody has counted */
export function storageDoubled(growth: Growth, grown: readonly string[]): CostFinding {
  const [was, is] = [gb(growth.before?.gb ?? 0), gb(growth.gb)];
  const month = growth.perMonthGb === null ? '' : gb(growth.perMonthGb);
  const where = grown.length === 0 ? '' : ` ${grown.join(', ')}.`;
  return {
    what: 'storage-doubled',
    every: 'day',
    en: `The bucket has grown from ${was} to ${is} within a week, ${month} a month at this pace.${where === '' ? '' : ` New:${where}`}`,
    ko: `버킷이 일주일 사이에 ${was}에서 ${is}로 늘었습니다. 이 속도라면 한 달에 ${month}입니다.${where === '' ? '' : ` 새로 쌓인 것:${where}`}`,
  };
}

export function storageAboveEstimate(growth: Growth, estimatedGb: number): CostFinding {
  const classes = growth.classes.map((each) => `${each.name} ${gb(each.gb)}`).join(', ');
  return {
    what: 'storage-above-estimate',
    every: 'week',
    en: `${gb(growth.gb)} lie in the bucket (${classes}), estimated were ${gb(estimatedGb)}: cost.workload is not what the database is like.`,
    ko: `버킷에 ${gb(growth.gb)}(${classes})가 있습니다. 추정은 ${gb(estimatedGb)}였습니다. cost.workload가 실제 데이터베이스와 다릅니다.`,
  };
}

export function taskOverdue({ id, family, startedAt, hours }: OverdueTask): CostFinding {
  return {
    what: 'task-overdue',
    every: 'day',
    en: `The task ${id} (${family}) runs since ${minute(startedAt)}, ${hours.toFixed(0)} hours, past its limit: it is billed and holds a snapshot of the database. See what it does before you stop it.`,
    ko: `작업 ${id}(${family})이 ${minute(startedAt)}부터 ${hours.toFixed(0)}시간째 한도를 넘겨 실행 중입니다. 비용이 나가고 데이터베이스 스냅숏을 붙들고 있습니다. 멈추기 전에 무엇을 하는지 보십시오.`,
  };
}

export function projectsLeft(count: number): CostFinding {
  return {
    what: 'project-left',
    every: 'day',
    en: `A drill left a Supabase project, and the reaper could not delete it (attempts since yesterday: ${count}); every hour of it is billed.`,
    ko: `훈련이 남긴 Supabase 프로젝트를 어제부터 ${count}번 지우지 못했습니다. 시간마다 비용이 나갑니다.`,
  };
}

export function notLookedAt(problems: readonly string[]): CostFinding {
  return {
    what: 'not-looked-at',
    every: 'day',
    en: `Could not be looked at: ${problems.join('; ')}.`,
    ko: `확인하지 못한 것: ${problems.join('; ')}.`,
  };
}

/** What a month came to that is over: news, and nothing to be done. */
export function monthEnded(month: string, spentUsd: number | null, ceilingUsd: number): CostFinding {
  const [spent, ceiling] = [spentUsd === null ? null : usd(spentUsd), usd(ceilingUsd)];
  return {
    what: 'month-before',
    every: 'day',
    en:
      spent === null
        ? `What ${month} has cost AWS does not say.`
        : `${month} has cost ${spent}; its ceiling was ${ceiling}.`,
    ko:
      spent === null
        ? `${month} 비용은 AWS가 알려 주지 않습니다.`
        : `${month} 비용은 ${spent}였습니다. 상한은 ${ceiling}였습니다.`,
  };
}
