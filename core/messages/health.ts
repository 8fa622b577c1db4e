import type { Language } from '../environment.ts';
import type { Kind } from '../kinds.ts';

/** What there is to look at. */
export type Unseen = 'bucket' | 'uploads' | 'files' | 'drill' | 'pitr' | Kind;

/** What can be said of the health of backups, in one language. Ages and spans are texts already: `spanText`. */
export interface HealthMessages {
  readonly kind: Readonly<Record<Kind, string>>;
  /** Up to two units: `3 h 05 min`. */
  span(minutes: number): string;
  empty(): string;
  none(kind: Kind): string;
  stale(kind: Kind, id: string, age: string, limit: string): string;
  sizeDropped(kind: Kind, id: string, ratio: string): string;
  sizeJumped(kind: Kind, id: string, ratio: string): string;
  slow(kind: Kind, id: string, took: string, ratio: string): string;
  nearTimeLimit(kind: Kind, id: string, took: string, percent: number): string;
  damaged(id: string, since: string): string;
  damagedBefore(id: string): string;
  unverified(id: string, since: string): string;
  stuck(id: string, since: string): string;
  archived(id: string): string;
  ahead(id: string): string;
  tooFewVerified(kind: Kind, verified: number): string;
  overdue(kind: Kind, sets: number, more: boolean, oldest: string): string;
  uploadOpen(key: string, hours: number): string;
  filesNone(): string;
  filesStale(age: string, limit: string): string;
  drillNone(): string;
  drillNever(days: number, limit: number): string;
  drillStale(days: number, limit: number): string;
  pitrOff(): string;
  pitrNoPoint(): string;
  pitrStale(age: string, limit: string): string;
  pitrTooShort(days: string, wanted: number): string;
  /** @param what could not be looked at @param why as the error says it, in English */
  unknown(what: Unseen, why: string): string;
}

const EN_KIND = {
  daily: 'daily',
  weekly: 'weekly',
  important: 'important',
  critical: 'critical',
  prerestore: 'pre-restore',
} as const;
const KO_KIND = { ...EN_KIND, prerestore: '복원 전(prerestore)' } as const;

const parts = (minutes: number) => {
  const whole = Math.round(minutes);
  return { days: Math.floor(whole / 1440), hours: Math.floor((whole % 1440) / 60), rest: whole % 60 };
};

const en: HealthMessages = {
  kind: EN_KIND,
  span(minutes) {
    const { days, hours, rest } = parts(minutes);
    if (days > 0) return `${days} d ${hours} h`;
    return hours > 0 ? `${hours} h ${String(rest).padStart(2, '0')} min` : `${rest} min`;
  },
  empty: () => 'The bucket holds no set at all: there is no backup.',
  none: (kind) => `No ${EN_KIND[kind]} set is verified: there is none that anybody can count on.`,
  stale: (kind, id, age, limit) =>
    `The newest verified ${EN_KIND[kind]} set (${id}) is ${age} old; it may be ${limit}. A schedule that is off looks like one that fails.`,
  sizeDropped: (kind, id, ratio) =>
    `The newest ${EN_KIND[kind]} set (${id}) holds ${ratio} times what the sets before it did: rows may be lost in the database.`,
  sizeJumped: (kind, id, ratio) =>
    `The newest ${EN_KIND[kind]} set (${id}) holds ${ratio} times what the sets before it did: something grows without end.`,
  slow: (kind, id, took, ratio) =>
    `The newest ${EN_KIND[kind]} set (${id}) took ${took}, ${ratio} times as long as the sets before it.`,
  nearTimeLimit: (kind, id, took, percent) =>
    `The newest ${EN_KIND[kind]} set (${id}) took ${took}, ${percent} % of the time it is given: the run that no longer fits is stopped.`,
  damaged: (id, since) => `${id} is damaged (found ${since}): it cannot be counted on.`,
  damagedBefore: (id) => `${id} is damaged; newer sets are verified.`,
  unverified: (id, since) => `${id} was finished at ${since} and has not been verified: run verify ${id}.`,
  stuck: (id, since) => `The run of ${id}, begun at ${since}, has not made a set, and nothing newer has.`,
  archived: (id) => `The manifest of ${id} lies in an archive class: nobody can tell what the set is worth.`,
  ahead: (id) =>
    `The snapshot of ${id} lies in the future: a clock is wrong, and the set counts as no newest one.`,
  tooFewVerified: (kind, verified) =>
    `Verified ${EN_KIND[kind]} sets: ${verified}, less than retention spares.`,
  overdue: (kind, sets, more, oldest) =>
    `${more ? `${sets} or more` : sets} ${EN_KIND[kind]} sets are there long after they may have gone (oldest: ${oldest}): retention or lifecycle stands still.`,
  uploadOpen: (key, hours) =>
    `An upload of ${key} has been open for ${hours} hours: its run is dead or stuck, and its parts are billed.`,
  filesNone: () => 'There is no inventory of files: no file of Storage can be brought back.',
  filesStale: (age, limit) => `The newest inventory of files is ${age} old; it may be ${limit}.`,
  drillNone: () => 'No drill has ever been held: nobody knows whether a restore would work.',
  drillNever: (days, limit) =>
    `For ${days} days there have been sets, and no drill has verified one; it should within ${limit}.`,
  drillStale: (days, limit) =>
    `The newest drill that verified everything was ${days} days ago; it may be ${limit}.`,
  pitrOff: () => 'Point-in-time recovery of the Supabase project is off.',
  pitrNoPoint: () => 'Point-in-time recovery of the Supabase project has no point yet.',
  pitrStale: (age, limit) => `The newest point of point-in-time recovery is ${age} old; it may be ${limit}.`,
  pitrTooShort: (days, wanted) =>
    `Point-in-time recovery reaches back ${days} days; ${wanted} are wanted, snapshots are a day apart.`,
  unknown: (what, why) => `Could not look at ${EN_WHAT[what]}: ${why}`,
};

const EN_WHAT: Readonly<Record<Unseen, string>> = {
  bucket: 'the bucket',
  daily: 'the daily sets',
  weekly: 'the weekly sets',
  important: 'the important sets',
  critical: 'the critical sets',
  prerestore: 'the pre-restore sets',
  uploads: 'unfinished uploads',
  files: 'the inventories of files',
  drill: 'the drills',
  pitr: 'point-in-time recovery',
};

const ko: HealthMessages = {
  kind: KO_KIND,
  span(minutes) {
    const { days, hours, rest } = parts(minutes);
    if (days > 0) return `${days}일 ${hours}시간`;
    return hours > 0 ? `${hours}시간 ${rest}분` : `${rest}분`;
  },
  empty: () => '버킷에 세트가 하나도 없습니다. 백업이 없습니다.',
  none: (kind) => `검증된 ${KO_KIND[kind]} 세트가 없습니다. 믿을 수 있는 세트가 하나도 없습니다.`,
  stale: (kind, id, age, limit) =>
    `가장 최근의 검증된 ${KO_KIND[kind]} 세트(${id})가 ${age} 전 것입니다. 한도는 ${limit}입니다. 꺼진 스케줄은 실패하는 스케줄과 똑같아 보입니다.`,
  sizeDropped: (kind, id, ratio) =>
    `가장 최근의 ${KO_KIND[kind]} 세트(${id})의 내용이 그 전 세트들의 ${ratio}배입니다. 데이터베이스에서 행이 사라졌을 수 있습니다.`,
  sizeJumped: (kind, id, ratio) =>
    `가장 최근의 ${KO_KIND[kind]} 세트(${id})의 내용이 그 전 세트들의 ${ratio}배입니다. 무언가가 끝없이 늘고 있습니다.`,
  slow: (kind, id, took, ratio) =>
    `가장 최근의 ${KO_KIND[kind]} 세트(${id})를 만드는 데 ${took} 걸렸습니다. 그 전 세트들의 ${ratio}배입니다.`,
  nearTimeLimit: (kind, id, took, percent) =>
    `가장 최근의 ${KO_KIND[kind]} 세트(${id})를 만드는 데 ${took} 걸렸습니다. 주어진 시간의 ${percent}%입니다. 시간 안에 끝나지 않으면 중지됩니다.`,
  damaged: (id, since) => `${id}이(가) 손상되었습니다(발견: ${since}). 믿을 수 없습니다.`,
  damagedBefore: (id) => `${id}이(가) 손상되었습니다. 더 새로운 세트는 검증되었습니다.`,
  unverified: (id, since) =>
    `${id}은(는) ${since}에 만들어졌지만 검증되지 않았습니다. verify ${id}을(를) 실행하세요.`,
  stuck: (id, since) =>
    `${since}에 시작한 ${id}의 실행이 세트를 만들지 못했고, 그 뒤에 만들어진 세트도 없습니다.`,
  archived: (id) => `${id}의 매니페스트가 아카이브 클래스에 있습니다. 이 세트의 상태를 알 수 없습니다.`,
  ahead: (id) =>
    `${id}의 스냅샷 시각이 미래입니다. 시계가 틀렸습니다. 이 세트는 가장 최근 세트로 치지 않습니다.`,
  tooFewVerified: (kind, verified) =>
    `검증된 ${KO_KIND[kind]} 세트가 ${verified}개로, 보존 정책이 남기는 수보다 적습니다.`,
  overdue: (kind, sets, more, oldest) =>
    `없어졌어야 할 ${KO_KIND[kind]} 세트 ${sets}개${more ? ' 이상' : ''}가 아직 있습니다(가장 오래된 것: ${oldest}). 보존 함수나 수명 주기가 멈춰 있습니다.`,
  uploadOpen: (key, hours) =>
    `${key}의 업로드가 ${hours}시간째 열려 있습니다. 실행이 죽었거나 멈췄고, 올라간 조각에 요금이 붙습니다.`,
  filesNone: () => '파일 목록이 없습니다. Storage의 파일을 하나도 되돌릴 수 없습니다.',
  filesStale: (age, limit) => `가장 최근의 파일 목록이 ${age} 전 것입니다. 한도는 ${limit}입니다.`,
  drillNone: () => '복구 훈련을 한 번도 하지 않았습니다. 복원이 되는지 아무도 모릅니다.',
  drillNever: (days, limit) =>
    `세트가 생긴 지 ${days}일이 되었지만 모두 검증한 훈련이 없습니다. ${limit}일 안에 있어야 합니다.`,
  drillStale: (days, limit) => `모두 검증한 마지막 훈련이 ${days}일 전입니다. 한도는 ${limit}일입니다.`,
  pitrOff: () => 'Supabase 프로젝트의 시점 복구(PITR)가 꺼져 있습니다.',
  pitrNoPoint: () => 'Supabase 프로젝트의 시점 복구(PITR)에 아직 복구 지점이 없습니다.',
  pitrStale: (age, limit) => `시점 복구(PITR)의 가장 최근 지점이 ${age} 전 것입니다. 한도는 ${limit}입니다.`,
  pitrTooShort: (days, wanted) =>
    `시점 복구(PITR)로 ${days}일까지만 되돌아갈 수 있습니다. ${wanted}일이 필요합니다(스냅샷은 하루 간격).`,
  unknown: (what, why) => `${KO_WHAT[what]}을(를) 볼 수 없었습니다: ${why}`,
};

const KO_WHAT: Readonly<Record<Unseen, string>> = {
  bucket: '버킷',
  daily: 'daily 세트',
  weekly: 'weekly 세트',
  important: 'important 세트',
  critical: 'critical 세트',
  prerestore: '복원 전(prerestore) 세트',
  uploads: '끝나지 않은 업로드',
  files: '파일 목록',
  drill: '복구 훈련',
  pitr: '시점 복구(PITR)',
};

/** The texts of a language. */
export const HEALTH_MESSAGES: Readonly<Record<Language, HealthMessages>> = { en, ko };
