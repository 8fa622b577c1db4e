import type { Bilingual } from '../restore-input-members.ts';
import { apiUrlOf } from './credentials.ts';
import type { KnownProject } from './watch.ts';

/** A project that was made, as people go on with it; nothing secret. */
export interface Handover {
  readonly ref: string;
  readonly name: string;
  readonly price: string;
  readonly apiUrl: string;
  readonly dashboard: string;
  /** Name of the secret that holds the connection string and the password. */
  readonly secret: string;
  /** Whether its Storage can be opened with what the Management API gives. */
  readonly storage: boolean;
  /** What only people can do, one step each. */
  readonly checklist: { readonly en: readonly string[]; readonly ko: readonly string[] };
}

export function handoverOf(
  { ref, name, price }: Pick<KnownProject, 'ref' | 'name' | 'price'>,
  secret: string,
  storage: boolean,
): Handover {
  const steps = stepsFor(ref, secret);
  return {
    ref,
    name,
    price,
    apiUrl: apiUrlOf(ref),
    dashboard: dashboardOf(ref),
    secret,
    storage,
    checklist: { en: steps.map(({ en }) => en), ko: steps.map(({ ko }) => ko) },
  };
}

/** What no dump of a database holds, in the order in which people miss it. */
function stepsFor(ref: string, secret: string): Bilingual[] {
  return [
    {
      en: `Application and DNS: change URL, project ref and connection strings to ${ref}; a custom domain moves by hand.`,
      ko: `애플리케이션과 DNS: URL, 프로젝트 ref, 접속 문자열을 ${ref}(으)로 바꾸세요. 사용자 도메인은 직접 옮겨야 합니다.`,
    },
    {
      en: 'API keys and JWT secret are new: give applications the new keys; everybody has to sign in again unless the old JWT secret is set.',
      ko: 'API 키와 JWT 비밀값이 새것입니다. 앱에 새 키를 넣으세요. 예전 JWT 비밀값을 넣지 않으면 모두 다시 로그인해야 합니다.',
    },
    {
      en: 'Auth settings: providers, redirect URLs, SMTP, templates, MFA, hooks.',
      ko: 'Auth 설정: 로그인 제공자, 리디렉션 URL, SMTP, 메일 템플릿, MFA, 훅.',
    },
    {
      en: 'Edge Functions: deploy them again, and set their secrets.',
      ko: 'Edge Functions: 다시 배포하고 시크릿을 설정하세요.',
    },
    {
      en: 'Cron jobs were left off, so that nothing runs twice: switch them on when the old project is off (cron.alter_job).',
      ko: 'cron 작업은 두 번 실행되지 않도록 꺼 두었습니다. 예전 프로젝트를 끈 뒤 켜세요(cron.alter_job).',
    },
    {
      en: 'Realtime settings, and database webhooks.',
      ko: 'Realtime 설정과 데이터베이스 웹훅.',
    },
    {
      en: 'Passwords of roles of your own: ALTER ROLE … PASSWORD; no backup holds them.',
      ko: '직접 만든 역할의 비밀번호: ALTER ROLE … PASSWORD. 백업에는 들어 있지 않습니다.',
    },
    {
      en: 'Vault secrets and encrypted columns: another root key; enter the secrets again.',
      ko: 'Vault 시크릿과 암호화된 컬럼: 루트 키가 달라졌습니다. 시크릿을 다시 넣으세요.',
    },
    {
      en: 'Network restrictions, SSL enforcement, log drains, read replicas.',
      ko: '네트워크 제한, SSL 강제, 로그 드레인, 읽기 복제본.',
    },
    {
      en: 'Add-ons: point-in-time recovery, IPv4, compute size.',
      ko: '애드온: PITR, IPv4, 컴퓨팅 크기.',
    },
    {
      en: `Backups: put the connection string of the secret ${secret} into database-url and the new ref into core/environments.ts, then deploy; until then the old project is what is backed up.`,
      ko: `백업: 시크릿 ${secret}의 접속 문자열을 database-url에, 새 ref를 core/environments.ts에 넣고 배포하세요. 그 전까지는 예전 프로젝트를 백업합니다.`,
    },
    {
      en: 'The old project stays, and is billed, until somebody deletes it; with it go its own backups.',
      ko: '예전 프로젝트는 지울 때까지 남아 비용이 듭니다. 지우면 그 자체 백업도 사라집니다.',
    },
  ];
}

function dashboardOf(ref: string): string {
  return `https://supabase.com/dashboard/project/${ref}`;
}

/** What is known of a project by whoever tells of a failure; nothing of it where none was asked for. */
type Asked = { readonly [Member in keyof KnownProject]?: KnownProject[Member] | undefined };

/** What is left of a restore into a new project that failed; nothing where no project was asked for. */
export function remainsOf(project: Asked): Bilingual | undefined {
  const { name, ref = '', price = '', looks } = project;
  // what was only planned has never been looked for
  if (name === undefined || looks === undefined) return undefined;
  if (ref === '')
    return {
      en: `It is not known whether a project named ${name} was made: look in the Supabase dashboard, for it would be billed`,
      ko: `${name}(이)라는 프로젝트가 만들어졌는지 알 수 없습니다. 있으면 비용이 드니 Supabase 대시보드를 확인하세요`,
    };
  const costs = { en: price === '' ? 'is billed' : `costs ${price}`, ko: price === '' ? '' : ` ${price}` };
  return {
    en: `The new project ${ref} (${name}) stays, with all that was done in it, and ${costs.en} until somebody deletes it: ${dashboardOf(ref)}/settings/general, "Delete project"`,
    ko: `새 프로젝트 ${ref}(${name})은(는) 그대로 남아 지울 때까지 비용이${costs.ko} 듭니다. 지우기: ${dashboardOf(ref)}/settings/general, "Delete project"`,
  };
}
