import { RESTORE_MODES, STRATEGIES } from './restore-request.ts';

/** A sentence in both languages of the product. */
export interface Bilingual {
  readonly en: string;
  readonly ko: string;
}

/**
 * Where a restore writes to: the database of the secret `target-database-url`, the one that is backed up, or a Supabase
 * project that the restore itself makes.
 */
export const RESTORE_TARGETS = ['target', 'source', 'new-project'] as const;
export type RestoreTarget = (typeof RESTORE_TARGETS)[number];
/** Those there were before: something can be taken back in them. */
export const STANDING_TARGETS = ['target', 'source'] as const;

/** How fast S3 brings archived objects back, and at what price. */
export const THAW_TIERS = ['expedited', 'standard', 'bulk'] as const;

/** Modes of the workflow: those of the engine's `restore`, taking one back, files, and Supabase's own point in time. */
export const WORKFLOW_MODES = [...RESTORE_MODES, 'rollback', 'files', 'pitr'] as const;
export type WorkflowMode = (typeof WORKFLOW_MODES)[number];

const quoted = (words: readonly string[]) => words.map((word) => `"${word}"`).join(', ');
const oneOf = (words: readonly string[]): Bilingual => ({
  en: `one of ${quoted(words)}`,
  ko: `${quoted(words)} 중 하나`,
});
const flag: Bilingual = { en: 'true or false, without quotes', ko: '따옴표 없는 true 또는 false' };
const instant: Bilingual = {
  en: 'an instant with its time zone, such as "2026-11-24T02:00:00+09:00"',
  ko: '시간대가 있는 시각, 예: "2026-11-24T02:00:00+09:00"',
};

/** What each member of the input is expected to be. */
export const EXPECTED: Readonly<Record<string, Bilingual>> = {
  mode: oneOf(WORKFLOW_MODES),
  set: {
    en: '"latest" or the id of a set, such as "daily-20261123T170000Z"',
    ko: '"latest" 또는 세트 ID, 예: "daily-20261123T170000Z"',
  },
  at: instant,
  tables: { en: 'a list of table names, such as ["projects"]', ko: '테이블 이름의 목록, 예: ["projects"]' },
  rows: {
    en: 'a list of rows by their key, such as ["projects:id=7"]',
    ko: '키로 지정한 행의 목록, 예: ["projects:id=7"]',
  },
  where: {
    en: 'a list of table:condition, such as ["projects:owner_id = 7"]',
    ko: '테이블:조건의 목록, 예: ["projects:owner_id = 7"]',
  },
  strategy: oneOf(STRATEGIES),
  withDependents: flag,
  withParents: flag,
  allowUnmatched: flag,
  plan: flag,
  confirm: {
    en: 'the name of the database that is written to, such as "postgres"',
    ko: '쓰게 될 데이터베이스의 이름, 예: "postgres"',
  },
  target: oneOf(RESTORE_TARGETS),
  thaw: {
    en: 'an object such as {"tier": "standard", "days": 3}',
    ko: '객체, 예: {"tier": "standard", "days": 3}',
  },
  'thaw.tier': oneOf(THAW_TIERS),
  'thaw.days': { en: 'a whole number of days from 1 to 30', ko: '1에서 30까지의 정수(일)' },
  restoreId: {
    en: 'the id of the restore to take back, as its result and its Slack message name it',
    ko: '되돌릴 복원의 ID (복원 결과와 Slack 메시지에 있습니다)',
  },
  withoutPreRestoreSet: flag,
  files: flag,
  bucket: {
    en: 'the name of a Storage bucket, such as "videos"',
    ko: 'Storage 버킷의 이름, 예: "videos"',
  },
  prefix: {
    en: 'the beginning of the names of the files, such as "2026/11/"',
    ko: '파일 이름의 앞부분, 예: "2026/11/"',
  },
  file: {
    en: 'one file as bucket/name, such as "videos/2026/11/intro.mp4"',
    ko: '파일 하나, "버킷/이름" 형식, 예: "videos/2026/11/intro.mp4"',
  },
};

const projectRef: Bilingual = {
  en: 'the ref of the Supabase project that is written over, its 20 letters',
  ko: '덮어쓸 Supabase 프로젝트의 ref(영문 20자)',
};
const inventory: Bilingual = {
  en: '"latest" or the id of an inventory of files, such as "files-20261123T170000Z"',
  ko: '"latest" 또는 파일 목록(inventory)의 ID, 예: "files-20261123T170000Z"',
};

/** Where a member means something else in a mode. */
const EXPECTED_IN: Readonly<Partial<Record<WorkflowMode, Readonly<Record<string, Bilingual>>>>> = {
  pitr: {
    at: {
      en: 'the second to go back to, with its time zone, such as "2026-11-24T02:00:00+09:00"',
      ko: '되돌아갈 시각(초 단위, 시간대 포함), 예: "2026-11-24T02:00:00+09:00"',
    },
    confirm: projectRef,
    target: {
      en: '"source", for it is the project itself that goes back, or nothing',
      ko: '"source"(프로젝트 자체를 되돌립니다)이거나 생략',
    },
  },
  files: { confirm: projectRef, backup: inventory },
  rollback: { target: oneOf(STANDING_TARGETS) },
};

/** What a member is expected to be in an input of a mode; nothing for a member of no mode. */
export function expectedIn(mode: WorkflowMode | undefined, member: string): Bilingual | undefined {
  const own = mode === undefined ? undefined : EXPECTED_IN[mode]?.[member];
  return own ?? EXPECTED[member === 'backup' ? 'set' : member];
}

/** A right input of each mode, for whoever got it wrong. */
export const EXAMPLE: Readonly<Record<WorkflowMode, Readonly<Record<string, unknown>>>> = {
  full: { mode: 'full', set: 'latest', target: 'target' },
  table: { mode: 'table', tables: ['projects'], strategy: 'merge', confirm: 'postgres' },
  rows: { mode: 'rows', rows: ['projects:id=7'], withDependents: true, confirm: 'postgres' },
  rollback: {
    mode: 'rollback',
    restoreId: '<restore id>',
    target: 'source',
    confirm: 'postgres',
  },
  files: { mode: 'files', backup: 'latest', bucket: 'videos', target: 'source', plan: true },
  pitr: { mode: 'pitr', at: '2026-11-24T02:00:00+09:00', plan: true },
};
