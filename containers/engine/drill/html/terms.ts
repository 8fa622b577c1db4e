import type {
  CheckId,
  CheckState,
  DrillTarget,
  FigureName,
  Objective,
  TableFinding,
  Unit,
} from '../../../../core/drill/report.ts';
import type { Level } from '../../../../core/kinds.ts';
import type { Words } from './words.ts';

const words = (ko: string, en: string): Words => ({ ko, en });

export const CHECK_WORDS: Readonly<Record<CheckId, Words>> = {
  set: words('백업 세트', 'Backup set'),
  key: words('복호화 키', 'Decryption key'),
  'target-empty': words('비어 있는 대상', 'Target was empty'),
  objects: words('세트의 객체', 'Objects of the set'),
  restore: words('복원 실행', 'Restore ran to its end'),
  tables: words('테이블의 행과 체크섬', 'Rows and checksums of tables'),
  structure: words('스키마 객체와 소유자', 'Schema objects and owners'),
  roles: words('역할', 'Roles'),
  extensions: words('확장', 'Extensions'),
  indexes: words('인덱스', 'Indexes'),
  constraints: words('제약 조건', 'Constraints'),
  'row-level-security': words('행 수준 보안(RLS)', 'Row level security'),
  privileges: words('권한', 'Privileges'),
  sequences: words('시퀀스', 'Sequences'),
  'large-objects': words('대형 객체', 'Large objects'),
  'materialized-views': words('구체화된 뷰', 'Materialized views'),
  platform: words('Supabase에만 있는 것', 'What only Supabase has'),
  integrity: words('데이터 무결성', 'Integrity of the data'),
  'sql-probes': words('SQL 점검', 'SQL probes'),
  'http-probes': words('HTTP 점검', 'HTTP probes'),
  api: words('API 응답 시간', 'API response times'),
  'sign-in': words('로그인', 'Sign-in'),
  files: words('저장된 파일', 'Stored files'),
  'file-transfer': words('파일 올리기와 내려받기', 'File upload and download'),
  pgbench: words('데이터베이스 처리 성능', 'Database throughput (pgbench)'),
  rto: words('목표 복구 시간(RTO)', 'Recovery time objective (RTO)'),
  rpo: words('목표 복구 시점(RPO)', 'Recovery point objective (RPO)'),
  'clean-up': words('정리', 'Clean-up'),
};

export const STATE_WORDS: Readonly<Record<CheckState, Words>> = {
  verified: words('확인됨', 'Verified'),
  failed: words('실패', 'Failed'),
  'could-not-verify': words('확인 불가', 'Could not verify'),
  'not-run': words('실행 안 함', 'Not run'),
};

/** A mark beside every state, so that no state is told by its colour alone. */
export const STATE_MARK: Readonly<Record<CheckState, string>> = {
  verified: '✓',
  failed: '✕',
  'could-not-verify': '?',
  'not-run': '–',
};

export const UNIT_WORDS: Readonly<Record<Unit, Words>> = {
  seconds: words('초', 'seconds'),
  milliseconds: words('밀리초', 'milliseconds'),
  minutes: words('분', 'minutes'),
  tables: words('개 테이블', 'tables'),
  rows: words('행', 'rows'),
  objects: words('개 객체', 'objects'),
  files: words('개 파일', 'files'),
  bytes: words('바이트', 'bytes'),
  requests: words('개 요청', 'requests'),
  rules: words('개 규칙', 'rules'),
  probes: words('개 점검', 'probes'),
  'transactions-per-second': words('TPS', 'transactions/s'),
};

export const FIGURE_WORDS: Readonly<Record<FigureName, Words>> = {
  age: words('경과 시간', 'Age'),
  duration: words('걸린 시간', 'Duration'),
  slowest: words('가장 느린 것', 'Slowest'),
  passed: words('통과', 'Passed'),
  requests: words('요청', 'Requests'),
  tables: words('테이블', 'Tables'),
  rows: words('행', 'Rows'),
  objects: words('객체', 'Objects'),
  files: words('파일', 'Files'),
  bytes: words('크기', 'Size'),
  rules: words('규칙', 'Rules'),
  p50: words('중앙값(p50)', 'Median (p50)'),
  p95: words('95번째 백분위(p95)', '95th percentile (p95)'),
  p99: words('99번째 백분위(p99)', '99th percentile (p99)'),
  latency: words('평균 지연', 'Average latency'),
  throughput: words('처리량', 'Throughput'),
  upload: words('올리기', 'Upload'),
  download: words('내려받기', 'Download'),
  constraints: words('제약 조건', 'Constraints'),
  extensions: words('확장', 'Extensions'),
  indexes: words('인덱스', 'Indexes'),
  'large-objects': words('대형 객체', 'Large objects'),
  'materialized-views': words('구체화된 뷰', 'Materialized views'),
  policies: words('정책', 'Policies'),
  roles: words('역할', 'Roles'),
  sequences: words('시퀀스', 'Sequences'),
  critical: words('핵심', 'Critical'),
  important: words('중요', 'Important'),
  normal: words('일반', 'Normal'),
};

export const LEVEL_WORDS: Readonly<Record<Level, Words>> = {
  critical: words('핵심', 'Critical'),
  important: words('중요', 'Important'),
  normal: words('일반', 'Normal'),
};

export const TARGET_WORDS: Readonly<Record<DrillTarget, Words>> = {
  task: words('훈련 작업 안의 PostgreSQL', 'PostgreSQL inside the drill task'),
  supabase: words('새 Supabase 프로젝트', 'New Supabase project'),
  database: words('지정한 데이터베이스', 'Named database'),
};

export const CHECKSUM_WORDS: Readonly<Record<TableFinding['checksum'], Words>> = {
  equal: words('같음', 'Equal'),
  differs: words('다름', 'Differs'),
  'not-compared': words('비교 안 함', 'Not compared'),
};

export const OBJECTIVE_WORDS: Readonly<Record<Objective['state'], Words>> = {
  met: words('목표 달성', 'Met'),
  missed: words('목표 초과', 'Missed'),
  unknown: words('측정 안 됨', 'Not measured'),
};

/** Phases of a drill and of its restore; another is shown by its own name. */
const PHASE_WORDS: Readonly<Record<string, Words>> = {
  prepare: words('준비', 'Prepare'),
  choose: words('세트 선택', 'Choose the set'),
  make: words('대상 만들기', 'Make the target'),
  structure: words('구조', 'Structure'),
  data: words('데이터', 'Data'),
  reconcile: words('참조 맞추기', 'Reconcile'),
  indexes: words('인덱스와 제약', 'Indexes and keys'),
  finish: words('마무리', 'Finish'),
  inspect: words('확인', 'Inspect'),
  'data-loss': words('원본과 비교', 'Source compared'),
  'sql-probes': words('SQL 점검', 'SQL probes'),
  api: words('API', 'API'),
  'http-probes': words('HTTP 점검', 'HTTP probes'),
  'sign-in': words('로그인', 'Sign-in'),
  'file-transfer': words('파일 전송', 'File transfer'),
  pgbench: words('pgbench', 'pgbench'),
  verify: words('세트 다시 읽기', 'Set read back'),
  files: words('파일 확인', 'Files'),
};

const PHASES_BY_TEXT: ReadonlyMap<string, Words> = new Map(Object.entries(PHASE_WORDS));

export const figureWords = (name: FigureName): Words => FIGURE_WORDS[name];
export const phaseWords = (name: string): Words => PHASES_BY_TEXT.get(name) ?? words(name, name);
