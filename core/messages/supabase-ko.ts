import { hoursAndMinutes, type SupabaseMessages } from './supabase.ts';

export const supabaseKo: SupabaseMessages = {
  pitrPlan: ({ project, at, earliest, latest, lostMinutes, confirmNeeded, kept }) => [
    `프로젝트: ${project.ref} (${project.name}), 현재 ${project.status}`,
    `되돌아갈 시각: ${at}`,
    `되돌릴 수 있는 범위: ${earliest}부터 ${latest}까지 초 단위`,
    `잃는 것: 그 뒤 ${lostMinutes}분(${span(lostMinutes)}) 동안 데이터베이스 전체에 쓴 모든 것`,
    '그동안 프로젝트를 쓸 수 없습니다. 걸리는 시간은 Supabase가 알려 주지 않으며, 데이터베이스 크기에 따라 몇 분에서 몇 시간입니다',
    'Storage 파일은 그대로입니다. 그 뒤에 올린 파일은 데이터베이스에서 행이 사라지고, 그 뒤에 지운 파일은 행만 돌아옵니다',
    '직접 만든 구독(subscription)과 복제 슬롯은 먼저 지워야 합니다',
    kept
      ? '지금 있는 데이터는 먼저 prerestore 세트로 보관합니다. 보관할 수 없으면 "withoutPreRestoreSet": true로 건너뜁니다'
      : '지금 있는 데이터를 먼저 보관하지 않습니다("withoutPreRestoreSet")',
    `필요한 것: "confirm": "${confirmNeeded}"`,
  ],
  projectPlan: ({ name, organization, region, size, price, load, withFiles, ...plan }) => [
    `만들 것: ${organization.name}(요금제 ${organization.plan})에 프로젝트 ${name}, 리전 ${region}, 크기 ${size}`,
    `비용: ${price === '' ? '알 수 없음' : price}, 만든 때부터 지울 때까지`,
    `읽을 것: 객체 ${load.objects}개, ${(load.storedBytes / 1e6).toFixed(1)} MB. 테이블 ${load.tables}개, 데이터베이스로 ${(load.sizeBytes / 1e6).toFixed(1)} MB`,
    ...(withFiles ? ['그다음 가장 최근 목록의 Storage 파일을 복원합니다'] : []),
    ...(plan.diskMayFill
      ? [
          '막는 것: 새 프로젝트의 디스크는 8 GB로 시작하며, 한꺼번에 많이 쓰면 읽기 전용이 될 수 있습니다. 더 큰 크기를 고르거나 프로젝트가 만들어지는 대로 대시보드에서 디스크를 늘리세요',
        ]
      : []),
    ...(plan.replacesSecretOf === null
      ? []
      : [
          `시크릿 new-project에 있는 프로젝트 ${plan.replacesSecretOf}의 비밀번호를 덮어씁니다. 먼저 복사하거나 나중에 그 비밀번호를 재설정하세요`,
        ]),
    '백업 대상 데이터베이스는 건드리지 않습니다',
  ],
  filesPlan: ({ id, project, files, bytes, create, overwrite, equal, withoutContent, overwritten }) => [
    `목록: ${id}, 프로젝트 ${project}`,
    `복원할 파일: ${files}개, ${(bytes / 1e6).toFixed(1)} MB. 새로 ${create}개, 행이 같은 것 ${equal}개, 내용이 다른 것 ${overwrite}개`,
    ...(overwrite === 0
      ? []
      : [
          `되돌릴 수 없이 덮어쓸 것: ${overwritten.join(', ')}${overwrite > overwritten.length ? ' 외' : ''}`,
          `필요한 것: "confirm": "${project}"`,
        ]),
    ...(withoutContent === 0
      ? []
      : [`막는 것: 파일 ${withoutContent}개는 당시에 없어서 목록에 내용이 없습니다`]),
  ],
  pitrDone: (minutes) =>
    `프로젝트를 과거 시점으로 되돌렸고 다시 쓸 수 있습니다. 요청한 지 ${minutes}분 만이며, 서비스가 모두 정상이고 무결성 규칙을 지킵니다.`,
  handover: ({ ref, name, price, apiUrl, dashboard, secret, checklist }) => [
    `새 프로젝트: ${ref} (${name}), ${apiUrl}${price === '' ? '' : `, ${price}`}`,
    `대시보드: ${dashboard}`,
    `접속 문자열과 비밀번호: 시크릿 ${secret}`,
    '직접 해야 할 일:',
    ...checklist.ko.map((step, index) => `${index + 1}. ${step}`),
  ],
};

function span(total: number): string {
  const { hours, minutes } = hoursAndMinutes(total);
  return `${hours}시간 ${minutes}분`;
}
