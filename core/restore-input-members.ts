import { RESTORE_MODES, STRATEGIES } from './restore-request.ts';

/** A sentence in both languages of the product. */
export interface Bilingual {
  readonly en: string;
  readonly ko: string;
}

/** Where a restore writes to: the database of the secret `target-database-url`, or the one that is backed up. */
export const RESTORE_TARGETS = ['target', 'source'] as const;
export type RestoreTarget = (typeof RESTORE_TARGETS)[number];

/** How fast S3 brings archived objects back, and at what price. */
export const THAW_TIERS = ['expedited', 'standard', 'bulk'] as const;

/** Modes of the workflow: those of the engine's `restore`, and taking one back. */
export const WORKFLOW_MODES = [...RESTORE_MODES, 'rollback'] as const;
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
};

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
};
