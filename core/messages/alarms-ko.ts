import type { AlarmTexts } from './alarms.ts';

const stale = (kind: string, means: string) => ({
  happened: `검증된 최신 ${kind} 세트가 없습니다`,
  means,
  todo: '일정부터 보세요. 꺼진 일정은 실패하는 일정과 똑같아 보입니다. 그다음 최근 실행을 보세요',
  over: `검증된 최신 ${kind} 세트가 다시 있습니다`,
});

export const ALARMS_KO: AlarmTexts = {
  'Backup/DailyStale': stale(
    '일간',
    '지금 데이터베이스 전체를 복원하면 더 작은 세트에 없는 데이터를 하루치 넘게 잃습니다',
  ),
  'Backup/WeeklyStale': stale('주간', '지난 한 주의 세트가 아카이브에 없습니다. 일간 세트는 그대로입니다'),
  'Backup/ImportantStale': stale('중요', '지금 복원하면 중요 테이블을 RPO가 허용하는 것보다 많이 잃습니다'),
  'Backup/CriticalStale': stale(
    '핵심',
    '특정 시점 복구(PITR)가 켜져 있지 않다면, 지금 복원할 때 핵심 테이블을 RPO가 허용하는 것보다 많이 잃습니다',
  ),
  'Files/Stale': {
    happened: 'Storage 파일의 최신 목록이 없습니다',
    means: '마지막 목록 뒤에 추가되거나 바뀐 파일은 백업에 없습니다',
    todo: '파일 워크플로의 최근 실행을 보고, {}로 시작하세요',
    over: 'Storage 파일의 최신 목록이 다시 있습니다',
  },
  'Drill/Stale': {
    happened: '모든 것을 검증한 훈련이 너무 오래 없었습니다',
    means: '지금 복원이 되는지 아무도 모릅니다. 세트는 그대로입니다',
    todo: '일정과 마지막 훈련의 보고서를 본 뒤 {}로 훈련을 시작하세요',
    over: '훈련이 다시 모든 것을 검증했습니다',
  },
  'Drill/ProjectLeft': {
    happened: '훈련의 Supabase 프로젝트가 남아 있을 수 있습니다',
    means: '데이터의 사본이 있고, 시간마다 비용이 듭니다',
    todo: '지금 직접 지우세요. 리퍼가 매일 다시 시도합니다',
  },
  'Monitor/NotRunning': {
    happened: '백업이 얼마나 오래됐는지 아무도 재지 않습니다',
    means: '이 상태가 끝날 때까지 신선도 경보를 믿을 수 없습니다',
    todo: '일정 monitor가 켜져 있는지, 함수의 로그에 무엇이 있는지 보세요',
    over: '백업이 얼마나 오래됐는지 다시 재고 있습니다',
  },
  'Monitor/Failing': {
    happened: '백업이 얼마나 오래됐는지 재지 못했습니다',
    means: '한 번은 괜찮습니다. 계속되면 신선도 경보가 알립니다',
    todo: '모니터의 로그를 읽으세요',
  },
  'Retention/Failing': {
    happened: '오래된 세트에 표시를 하지 못했습니다',
    means: '남아서 비용이 듭니다. 잃은 세트는 없습니다',
    todo: '함수의 로그를 읽으세요. 다음 실행이 이어서 합니다',
  },
  'Audit/Failing': {
    happened: '감사 기록을 쓰지 못했습니다',
    means: '한 일은 그대로이고, 그 기록이 감사 사본에 없습니다',
    todo: '함수의 로그에서 어느 기록인지 보고, 버킷이 객체를 받는지 확인하세요',
  },
  'Explain/Failing': {
    happened: '실패를 설명하지 못했습니다',
    means: '알림에 어디를 볼지만 있고, 무슨 일인지는 없습니다',
    todo: '실패한 실행의 기록과 함수의 로그를 보세요',
  },
  'Schedules/DeadLetters': {
    happened: '시작이나 메시지를 전달하지 못하고 포기했습니다',
    means: '시작했어야 할 것이 실행되지 않았거나, 알렸어야 할 것을 알리지 못했습니다',
    todo: '큐의 메시지에서 무엇이 왜 그런지 보고, 직접 시작한 뒤 메시지를 지우세요',
    over: '전달하지 못한 것의 큐가 다시 비었습니다',
  },
  'Pitr/Off': {
    happened: 'Supabase 프로젝트의 특정 시점 복구(PITR)가 꺼져 있습니다',
    means: '분 단위로 되돌릴 수 없습니다. 복원할 수 있는 것은 세트입니다',
    todo: 'Supabase 대시보드에서 애드온을 다시 켜거나, 누가 왜 껐는지 알아보세요',
    over: 'Supabase 프로젝트의 특정 시점 복구(PITR)가 다시 켜졌습니다',
  },
  'Pitr/Stale': {
    happened: 'Supabase 프로젝트를 되돌릴 수 있는 가장 최근 시점이 너무 오래됐습니다',
    means: '분 단위로 복구해도 정해 둔 것보다 많이 잃습니다',
    todo: '프로젝트와 Supabase의 상태를 보고, 계속되면 Supabase에 문의하세요',
    over: 'Supabase 프로젝트를 되돌릴 수 있는 가장 최근 시점이 다시 최신입니다',
  },
  'Pitr/TooShort': {
    happened: '특정 시점 복구(PITR)로 되돌릴 수 있는 기간이 원하는 것보다 짧습니다',
    means: '늦게 알아챈 실수는 이것으로 되돌릴 수 없습니다',
    todo: '애드온의 일수와 supabase.pitr의 일수를 비교하세요. 켠 지 얼마 안 됐다면 저절로 끝납니다',
    over: '특정 시점 복구(PITR)로 되돌릴 수 있는 기간이 다시 충분합니다',
  },
  'Pitr/NotMeasured': {
    happened: '특정 시점 복구(PITR)를 아무도 재지 않습니다',
    means: '이 상태가 끝날 때까지 켜져 있는지, 최신인지 알 수 없습니다',
    todo: '모니터의 로그를 읽으세요. 액세스 토큰이 만료됐을 수 있습니다',
    over: '특정 시점 복구(PITR)를 다시 재고 있습니다',
  },
  'Reaper/LeakDeleted': {
    happened: '훈련이 남긴 프로젝트를 지웠습니다',
    means: '그때까지의 비용은 청구됩니다. 남은 것은 없습니다',
    todo: '훈련이 왜 지우지 못했는지 실행과 정리 함수의 로그에서 알아보세요',
  },
  'Reaper/LeakKept': {
    happened: '훈련이 남긴 프로젝트를 지우지 못했습니다',
    means: '데이터의 사본이 있고, 누군가 지울 때까지 시간마다 비용이 듭니다',
    todo: '지금 훈련 조직에서 직접 지우세요',
  },
  'Reaper/Failing': {
    happened: '훈련이 남겼을 수 있는 프로젝트의 목록을 읽지 못합니다',
    means: '남아서 비용이 드는 프로젝트가 있는지 아무도 모릅니다',
    todo: '함수의 로그를 읽으세요. 액세스 토큰이 만료됐을 수 있습니다. 그동안 조직을 직접 보세요',
  },
  'Reaper/NotRunning': {
    happened: '훈련이 남긴 프로젝트를 아무도 찾지 않습니다',
    means: '남은 것이 있으면 누군가 볼 때까지 비용이 듭니다',
    todo: '리퍼의 일정이 켜져 있는지 보세요',
    over: '훈련이 남긴 프로젝트를 다시 찾고 있습니다',
  },
  'Cost/GuardFailing': {
    happened: '비용 감시 함수가 모두 보지 못했습니다',
    means: '보지 못하거나 끄지 못하거나 알리지 못한 것은 내일까지 감시되지 않습니다. 나머지는 다 했습니다',
    todo: '함수의 로그를 읽으세요. 하나하나와 서비스의 답이 적혀 있습니다',
  },
  'Cost/GuardNotRunning': {
    happened: 'AWS 예산 말고는 비용을 아무도 감시하지 않습니다',
    means: '뜻밖의 비용을 여덟 시간에서 스물네 시간 늦게 알게 됩니다',
    todo: '비용 감시 함수의 일정이 켜져 있는지 보세요',
    over: '비용 감시 함수가 다시 비용을 보고 있습니다',
  },
};
