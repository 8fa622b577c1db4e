import type { Language } from '../../../core/environment.ts';
import type { Finding } from '../../../core/health/finding.ts';
import type { KindHealth } from '../../../core/health/kind.ts';
import type { Verdict } from './render.ts';

/** What the screen of `status` says besides the findings. */
export interface StatusWords {
  readonly verdict: Readonly<Record<Verdict, string>>;
  readonly severity: Readonly<Record<Finding['severity'], string>>;
  readonly noEnvironment: string;
  readonly columns: readonly string[];
  readonly made: Readonly<Record<Exclude<KindHealth['made'], 'yes'>, string>>;
  readonly exceeded: string;
  readonly none: string;
  readonly notSeen: string;
  readonly notAsked: string;
  readonly off: string;
  readonly days: string;
  readonly files: string;
  readonly drill: string;
  readonly uploads: string;
  readonly pitr: string;
}

const en: StatusWords = {
  verdict: {
    alarm: 'WRONG',
    unknown: 'NOT KNOWN: not everything could be looked at',
    warning: 'GREEN, with warnings',
    green: 'GREEN',
  },
  severity: { alarm: '  ✗', unknown: '  ?', warning: '  !' },
  noEnvironment: "no environment named, so by the strategy's limits",
  columns: ['kind', 'newest verified set', 'age', 'RPO', 'size', 'took, of its limit', 'sets'],
  made: { no: 'not scheduled', 'not-here': 'not made here' },
  exceeded: '(exceeded)',
  none: 'none',
  notSeen: 'could not look',
  notAsked: 'not asked (SUPABASE_PROJECT_REF, SUPABASE_ACCESS_TOKEN)',
  off: 'off',
  days: 'days',
  files: 'newest inventory of files',
  drill: 'newest verified drill',
  uploads: 'open uploads',
  pitr: 'newest point of recovery (PITR)',
};

const ko: StatusWords = {
  verdict: {
    alarm: '이상 있음',
    unknown: '알 수 없음: 모두 확인하지는 못했습니다',
    warning: '정상, 주의 있음',
    green: '정상',
  },
  severity: { alarm: '  ✗', unknown: '  ?', warning: '  !' },
  noEnvironment: '환경을 지정하지 않아 기본 전략의 한도로 판단',
  columns: ['종류', '가장 최근의 검증된 세트', '경과', 'RPO', '크기', '걸린 시간, 한도 대비', '세트'],
  made: { no: '스케줄 없음', 'not-here': '여기서 만들지 않음' },
  exceeded: '(넘김)',
  none: '없음',
  notSeen: '볼 수 없었음',
  notAsked: '묻지 않음(SUPABASE_PROJECT_REF, SUPABASE_ACCESS_TOKEN)',
  off: '꺼짐',
  days: '일',
  files: '가장 최근의 파일 목록',
  drill: '가장 최근의 검증된 훈련',
  uploads: '열린 업로드',
  pitr: '가장 최근의 복구 지점(PITR)',
};

export const STATUS_WORDS: Readonly<Record<Language, StatusWords>> = { en, ko };
