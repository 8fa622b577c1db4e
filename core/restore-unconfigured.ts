import { RestoreRefused } from './errors/index.ts';
import type { RestoreInput } from './restore-input.ts';
import type { RestorableSet } from './restore-set.ts';
import type { RestoreProjects } from './restore-steps.ts';

/**
 * What the environment has not got is refused in words, before a state that is not there would be looked for.
 * @throws RestoreRefused
 */
export function refuseUnconfigured(
  input: RestoreInput,
  { projectRef, newProjectName }: RestoreProjects,
): void {
  if (projectRef === undefined && (input.kind === 'pitr' || input.kind === 'files'))
    throw new RestoreRefused(
      `Mode ${input.kind} needs a Supabase project, and none is configured in this environment: name it in core/environments.ts as "supabase", fill its secrets, and deploy. For a plain PostgreSQL restore a set, with {"mode": "full"}.`,
      `mode ${input.kind}에는 Supabase 프로젝트가 필요한데 이 환경에는 설정되어 있지 않습니다. core/environments.ts에 "supabase"로 적고 시크릿을 채운 뒤 배포하세요. 일반 PostgreSQL은 {"mode": "full"}로 세트를 복원하세요.`,
    );
  if (newProjectName === undefined && input.target === 'new-project')
    throw new RestoreRefused(
      'The target "new-project" needs an organization in which projects are made, and none is configured in this environment: name it in core/environments.ts as "supabase.newProjects", and deploy. Or restore into an empty database, with {"mode": "full"}.',
      'target "new-project"에는 프로젝트를 만들 조직이 필요한데 이 환경에는 설정되어 있지 않습니다. core/environments.ts에 "supabase.newProjects"로 적고 배포하세요. 또는 {"mode": "full"}로 빈 데이터베이스에 복원하세요.',
    );
}

/**
 * A project takes nothing but what was one: found out before it is made, for it would be billed.
 * @throws RestoreRefused
 */
export function refusePlainSet({ target }: RestoreInput, set: RestorableSet | undefined): void {
  if (target !== 'new-project' || set === undefined || set.manifest.platform !== undefined) return;
  throw new RestoreRefused(
    `The set ${set.id} is of a plain database, and a Supabase project takes only what comes from one; restore it into an empty database of a PostgreSQL server, with {"mode": "full", "set": "${set.id}"}.`,
    `세트 ${set.id}은(는) 일반 데이터베이스의 것이라 Supabase 프로젝트에 복원할 수 없습니다. {"mode": "full", "set": "${set.id}"}로 PostgreSQL 서버의 빈 데이터베이스에 복원하세요.`,
  );
}
