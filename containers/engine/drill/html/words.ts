import type { Verdict } from '../../../../core/drill/report.ts';

export const LANGUAGES = ['ko', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Words = Readonly<Record<Language, string>>;

export const VERDICT_WORDS: Readonly<Record<Verdict, { title: Words; means: Words }>> = {
  verified: {
    title: { ko: '복원이 확인되었습니다', en: 'Restore verified' },
    means: {
      ko: '이 백업 세트로 데이터베이스를 되살릴 수 있음이 확인되었습니다. 할 일은 없으며 이 보고서를 증빙으로 보관하십시오.',
      en: 'This backup set was restored and every check that ran found it right. Nothing needs doing; keep this report as evidence.',
    },
  },
  failed: {
    title: { ko: '복원 훈련이 실패했습니다', en: 'Drill failed' },
    means: {
      ko: '적어도 한 점검에서 잘못된 것이 나왔습니다. 아래의 실패 항목을 고친 뒤 훈련을 다시 실행하십시오.',
      en: 'At least one check found something wrong. Put right what is marked failed below, then run the drill again.',
    },
  },
  'could-not-verify': {
    title: { ko: '확인하지 못했습니다', en: 'Could not verify' },
    means: {
      ko: '잘못된 것은 나오지 않았지만 확인하지 못한 것이 있어 복원 가능하다고 말할 수 없습니다. 아래의 이유를 해결한 뒤 다시 실행하십시오.',
      en: 'Nothing was found wrong, but not everything could be looked at, so this proves no recovery. Resolve the reasons below, then run the drill again.',
    },
  },
};

/** Headings and short texts of the page. */
export const TEXT = {
  product: { ko: 'VideoPlanet Backup 복원 훈련 보고서', en: 'VideoPlanet Backup restore drill report' },
  set: { ko: '대상과 백업 세트', en: 'What was restored' },
  noSet: { ko: '복원할 백업 세트가 없었습니다.', en: 'There was no backup set to restore.' },
  drill: { ko: '훈련', en: 'Drill' },
  started: { ko: '시작', en: 'Started' },
  finished: { ko: '종료', en: 'Finished' },
  recovery: { ko: '복구에 걸린 시간', en: 'Time to recover' },
  setId: { ko: '세트', en: 'Set' },
  snapshot: { ko: '스냅샷 시각', en: 'Snapshot taken' },
  manifest: { ko: '매니페스트 SHA-256', en: 'SHA-256 of the manifest' },
  recipients: { ko: '수신자 키 지문', en: 'Recipients’ fingerprints' },
  sourceVersion: { ko: '원본 서버 버전', en: 'Source server version' },
  targetVersion: { ko: '대상 서버 버전', en: 'Target server version' },
  target: { ko: '복원 대상', en: 'Target' },
  contents: { ko: '내용', en: 'Contents' },
  plain: { ko: '원래 크기', en: 'plain' },
  stored: { ko: '저장된 크기', en: 'stored' },
  version: { ko: '제품 버전', en: 'Product version' },
  timeline: { ko: '진행 시간', en: 'Timeline' },
  objectives: { ko: '복구 목표(RTO·RPO)', en: 'Recovery objectives' },
  measured: { ko: '측정', en: 'measured' },
  goal: { ko: '목표', en: 'target' },
  newestSet: { ko: 'RPO의 기준 세트', en: 'RPO measured from set' },
  checks: { ko: '모든 점검', en: 'All checks' },
  check: { ko: '점검', en: 'Check' },
  state: { ko: '상태', en: 'State' },
  figures: { ko: '수치', en: 'Figures' },
  findings: { ko: '발견한 것', en: 'Findings' },
  tables: { ko: '모든 테이블', en: 'All tables' },
  showTables: { ko: '테이블 목록 펼치기', en: 'Show the list of tables' },
  table: { ko: '테이블', en: 'Table' },
  level: { ko: '등급', en: 'Level' },
  expected: { ko: '기대 행', en: 'Rows expected' },
  found: { ko: '실제 행', en: 'Rows found' },
  checksum: { ko: '체크섬', en: 'Checksum' },
  loss: { ko: '지금 원본을 잃는다면', en: 'If the source were lost now' },
  lookedAt: { ko: '원본을 살펴본 시각', en: 'Source looked at' },
  notLookedAt: {
    ko: '원본을 살펴보지 못해 손실을 알 수 없습니다.',
    en: 'The source was not looked at, so the loss is unknown.',
  },
  lossRows: { ko: '잃을 행', en: 'Rows lost' },
  lossGone: { ko: '원본에 없는 행', en: 'Rows gone from source' },
  lossMinutes: { ko: '잃을 시간', en: 'Time lost' },
  reason: { ko: '이유', en: 'Reason' },
  trend: { ko: '지난 훈련과 비교', en: 'Past drills' },
  seconds: { ko: '복구 시간(초)', en: 'Recovery, seconds' },
  median: { ko: '중앙값', en: 'Median' },
  current: { ko: '이번', en: 'This drill' },
  notVerified: { ko: '확인하지 못한 것', en: 'What was not verified' },
  notRun: { ko: '실행하지 않은 것', en: 'What was not run' },
  none: { ko: '없음', en: 'None' },
  unknown: { ko: '알 수 없음', en: 'Unknown' },
  signature: { ko: '서명 확인', en: 'Verifying the signature' },
  language: { ko: '언어', en: 'Language' },
  findingsNote: { ko: '발견한 것은 report.json에 있는 대로 영어로 적습니다.', en: '' },
  proves: {
    ko: '서명은 이 파일들이 그 키를 가진 쪽에서 만들어졌고 그 뒤로 바뀌지 않았음을 증명합니다. 적힌 내용이 참인지, 훈련이 옳게 실행되었는지, 적힌 시각이 맞는지는 증명하지 않습니다. 공개 키의 지문은 이 파일과 다른 경로로 받아 대조하십시오.',
    en: 'The signature proves that a holder of that key made these files and that they have not changed since. It does not prove that what they say is true, that the drill was run rightly, or that the times are right. Compare the fingerprint of the public key with one you received by another way than these files.',
  },
  howTo: {
    ko: '인터넷 없이 확인할 수 있습니다. 파일들을 한 폴더에 받아 다음을 실행하십시오. report.html.asc는 이 페이지의 서명입니다. gpg가 “Good signature”라고 말하고 지문이 팀의 것이면 맞습니다.',
    en: 'No network is needed. Put the files into one folder and run these commands; report.html.asc is the same for this page. It is right when gpg says “Good signature” and the fingerprint is the team’s.',
  },
} as const satisfies Readonly<Record<string, Words>>;

/** Sentences with numbers in them. */
export const SAY = {
  leftOut: {
    ko: (count: string) => `${count}개는 여기에 싣지 않았습니다. 전체는 report.json에 있습니다.`,
    en: (count: string) => `${count} more are left out here; report.json has all of them.`,
  },
  regression: {
    ko: (times: string) =>
      `성능 저하: 이번 복구는 지난 훈련들의 중앙값보다 ${times}배 걸렸습니다. 원인을 살펴보십시오.`,
    en: (times: string) =>
      `Regression: this recovery took ${times} times the median of past drills. Look for the cause.`,
  },
  steady: {
    ko: (times: string) =>
      `이번 복구는 지난 훈련들의 중앙값의 ${times}배 걸렸습니다. 성능 저하로 보지 않습니다.`,
    en: (times: string) => `This recovery took ${times} times the median of past drills: no regression.`,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<Language, (text: string) => string>>>>;

export const NO_MEDIAN: Words = {
  ko: '비교할 만큼 측정된 시간이 없습니다. 중앙값에는 지난 훈련 3회가 필요합니다.',
  en: 'Not enough measured times to compare; a median takes three past drills.',
};
