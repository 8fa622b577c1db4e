import type { DrillOutcome } from '../drill/outcome.ts';

const LISTED = 5;

interface Words {
  readonly verdict: Readonly<Record<'verified' | 'not-verified' | 'failed', string>>;
  readonly recovered: (minutes: string) => string;
  readonly level: (level: string, rto: string, rpo: string) => string;
  readonly unknown: string;
  readonly minutes: (measured: string, target: number, met: boolean) => string;
  readonly counts: (checks: Readonly<Record<string, number>>) => string;
  readonly slower: (ratio: string) => string;
  readonly unsigned: string;
  readonly notVerified: string;
  readonly failed: string;
  readonly report: string;
}

const EN: Words = {
  verdict: {
    verified: 'A drill has restored and verified everything.',
    'not-verified': 'A drill found nothing wrong, and could not look at everything.',
    failed: 'A drill found something wrong.',
  },
  recovered: (minutes) => `Recovered in ${minutes} minutes.`,
  level: (level, rto, rpo) => `${level}: RTO ${rto}, RPO ${rpo}`,
  unknown: 'unknown',
  minutes: (measured, target, met) => `${measured} min of ${target}${met ? '' : ' (missed)'}`,
  counts: ({ verified = 0, failed = 0, couldNotVerify = 0, notRun = 0 }) =>
    `Checks: ${verified} verified, ${failed} failed, ${couldNotVerify} could not be verified, ${notRun} not run.`,
  slower: (ratio) => `Slower than usual: ${ratio} times the median of the last drills.`,
  unsigned: 'The report is not signed: the key in gpg-private-key cannot sign.',
  notVerified: 'Not verified',
  failed: 'Wrong',
  report: 'Report',
};

const KO: Words = {
  verdict: {
    verified: '훈련에서 모두 복원하고 검증했습니다.',
    'not-verified': '훈련에서 잘못된 것은 없었지만 모두 확인하지는 못했습니다.',
    failed: '훈련에서 잘못된 것을 찾았습니다.',
  },
  recovered: (minutes) => `복구에 ${minutes}분이 걸렸습니다.`,
  level: (level, rto, rpo) => `${LEVEL_KO[level] ?? level}: RTO ${rto}, RPO ${rpo}`,
  unknown: '알 수 없음',
  minutes: (measured, target, met) => `${measured}분 (목표 ${target}분${met ? '' : ', 넘김'})`,
  counts: ({ verified = 0, failed = 0, couldNotVerify = 0, notRun = 0 }) =>
    `점검: 검증 ${verified}, 실패 ${failed}, 검증 못 함 ${couldNotVerify}, 해당 없음 ${notRun}.`,
  slower: (ratio) => `평소보다 느립니다: 지난 훈련 중앙값의 ${ratio}배.`,
  unsigned: '보고서에 서명이 없습니다. gpg-private-key의 키로는 서명할 수 없습니다.',
  notVerified: '검증하지 못한 것',
  failed: '잘못된 것',
  report: '보고서',
};
const LEVEL_KO: Readonly<Record<string, string>> = { critical: '핵심', important: '중요', normal: '일반' };

/** A drill as Slack shows it. */
export const drillEn = (outcome: DrillOutcome) => lines(outcome, EN);
export const drillKo = (outcome: DrillOutcome) => lines(outcome, KO);

function lines(outcome: DrillOutcome, words: Words): string[] {
  const { ended, recoverySeconds, medianSeconds, levels, report, bucket } = outcome;
  const verdict = ended === 'verified' || ended === 'not-verified' ? ended : 'failed';
  const figure = (measured: number | null, target: number, state: string) =>
    measured === null ? words.unknown : words.minutes(rounded(measured), target, state === 'met');
  const ratio =
    recoverySeconds === null || medianSeconds === null ? undefined : recoverySeconds / medianSeconds;
  return [
    `${words.verdict[verdict]}${outcome.set === null ? '' : ` (${outcome.set})`}`,
    ...(recoverySeconds === null ? [] : [words.recovered(rounded(recoverySeconds / 60))]),
    ...levels.map(({ level, rto, rpo }) =>
      words.level(
        level,
        figure(rto.measuredMinutes, rto.targetMinutes, rto.state),
        figure(rpo.measuredMinutes, rpo.targetMinutes, rpo.state),
      ),
    ),
    words.counts(outcome.checks),
    ...(outcome.regression && ratio !== undefined ? [words.slower(ratio.toFixed(1))] : []),
    ...named(words.failed, outcome.failed),
    ...named(words.notVerified, outcome.notVerified),
    ...(outcome.signed === false ? [words.unsigned] : []),
    ...(report === null ? [] : [`${words.report}: s3://${bucket}/${report}`]),
  ];
}

function named(title: string, list: readonly string[]): string[] {
  if (list.length === 0) return [];
  const more = list.length > LISTED ? ` … +${list.length - LISTED}` : '';
  return [`${title}: ${list.slice(0, LISTED).join('; ')}${more}`];
}

function rounded(minutes: number): string {
  return minutes < 10 ? minutes.toFixed(1) : minutes.toFixed(0);
}
