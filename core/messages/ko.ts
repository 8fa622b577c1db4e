import { WORKFLOW_ERROR } from '../names.ts';
import type { RestoreFacts } from '../restore-steps.ts';
import { drillKo } from './drill.ts';
import type { Messages } from './messages.ts';
import { supabaseKo } from './supabase-ko.ts';

const TARGET = {
  target: '시크릿 target-database-url의 데이터베이스',
  source: '백업 대상 데이터베이스(database-url) 그 자리',
  'new-project': '새 Supabase 프로젝트',
} as const;
const STORAGE = {
  target: '복원 대상의 Storage',
  source: '백업 대상 Storage 그 자리',
  'new-project': '시크릿 new-project에 있는 프로젝트의 Storage',
} as const;

function whatOf({ mode, tables, selections, strategy }: RestoreFacts): string {
  if (mode === 'full') return '데이터베이스 전체';
  const names = tables.join(', ');
  if (mode === 'rows') return `${names} 테이블의 행(조건 ${selections}개)`;
  return `${names} 테이블${strategy === null ? '' : `(${strategy})`}`;
}

function filesOf({ files }: RestoreFacts): string {
  const { backup, at, bucket, prefix, file } = files ?? {};
  const what = file ?? (bucket === undefined ? '모든 버킷' : `${bucket}/${prefix ?? ''}`);
  return `${what}, 목록 ${backup}${at === undefined ? '' : ` (${at} 이전)`}`;
}

export const ko: Messages = {
  describe(facts) {
    const { set, keptAs } = facts;
    const unchanged = facts.planOnly ? ['아무것도 바꾸지 않습니다.'] : [];
    const kept = keptAs === null ? [] : [`지금 있는 데이터는 먼저 세트 ${keptAs}로 보관합니다.`];
    if (facts.mode === 'pitr')
      return [
        `Supabase 프로젝트 ${facts.project}을(를) ${facts.at} 시점으로 그 자리에서 되돌${facts.planOnly ? '리는 계획을 세웁니다' : '립니다'}. 그 뒤에 쓴 것은 모두 없어집니다.`,
        ...kept,
        ...unchanged,
      ].join(' ');
    if (facts.mode === 'files')
      return [
        `Storage 파일(${filesOf(facts)})을 ${STORAGE[facts.target]}에 ${facts.planOnly ? '복원하는 계획을 세웁니다' : '복원합니다'}.`,
        ...unchanged,
      ].join(' ');
    if (facts.mode === 'rollback')
      return `${TARGET[facts.target]}에서 복원 ${facts.restoreId}을(를) 되돌립니다.`;
    return [
      `세트 ${set?.id}(${set?.snapshotAt} 시점)에서 다음을 ${TARGET[facts.target]}에 ${facts.planOnly ? '복원하는 계획을 세웁니다' : '복원합니다'}: ${whatOf(facts)}.`,
      ...(set?.verified === false ? ['이 세트는 검증되지 않았습니다.'] : []),
      ...(facts.project === null ? [] : [`프로젝트 이름은 ${facts.project}입니다.`]),
      ...(facts.files === null ? [] : [`Storage 파일도 이어서 복원합니다: ${filesOf(facts)}.`]),
      ...kept,
      ...unchanged,
    ].join(' ');
  },
  started: () => '복원을 시작했습니다.',
  planned: () => '복원 계획이 나왔습니다. 아무것도 바꾸지 않았습니다.',
  plan: ({ database, replaces, reads, seconds, confirm, obstacles, tables, more }) => [
    ...(database === null ? [] : [`대상: ${database}${replaces ? ' (통째로 바뀝니다)' : ''}`]),
    ...(reads === null
      ? []
      : [`읽을 것: 객체 ${reads.objects}개, ${(reads.storedBytes / 1e6).toFixed(1)} MB`]),
    ...(seconds === null ? [] : [`걸리는 시간: 약 ${Math.ceil(seconds / 60)}분`]),
    ...(confirm === null ? [] : [`필요한 것: "confirm": "${confirm}"`]),
    ...obstacles.map((obstacle) => `막는 것: ${obstacle}`),
    `바뀔 테이블: ${tables.length + more === 0 ? '없음' : ''}`,
    ...tables,
    ...(more > 0 ? [`그 밖에 ${more}개`] : []),
  ],
  thawing: ({ objects, bytes, readyAt, costUsd, waitSeconds }) =>
    `객체 ${objects}개(${(bytes / 1e9).toFixed(2)} GB)가 아카이브 등급에 있어 해동하고 있습니다. ` +
    `${readyAt === null ? `${Math.ceil(waitSeconds / 60)}분 뒤에 다시 확인합니다` : `예상 완료: ${readyAt}`}` +
    `${costUsd === null ? '' : `, 예상 비용 약 $${costUsd.toFixed(2)}`}. 끝나면 복원이 저절로 이어집니다.`,
  verified: ({ restoreId, counts: { tables, rows, changed, files }, keptAs }) =>
    [
      '복원을 마쳤고 검증했습니다.',
      ...(files === undefined ? [] : [`Storage 파일 ${files}개.`]),
      ...(tables === null ? [] : [`테이블 ${tables}개${rows === null ? '' : `, 행 ${rows}개`}.`]),
      ...(changed === null
        ? []
        : [`행 ${changed.inserted}개 추가, ${changed.updated}개 되돌림, ${changed.deleted}개 삭제.`]),
      ...(keptAs === null
        ? []
        : [`원래 있던 데이터베이스는 ${keptAs}(으)로 남겨 두었습니다. 필요 없어지면 지우세요.`]),
      ...(restoreId === null || keptAs === null
        ? []
        : [`되돌리려면: {"mode": "rollback", "restoreId": "${restoreId}", …}.`]),
    ].join(' '),
  drill: drillKo,
  supabase: supabaseKo,
  failed: {
    [WORKFLOW_ERROR.inputInvalid]: {
      happened: '백업 입력을 쓸 수 없습니다',
      means: '아무 작업도 하지 않았고, 예약된 백업은 빠지지 않았습니다',
      todo: '올바른 입력으로 다시 시작하세요',
    },
    [WORKFLOW_ERROR.backupFailed]: {
      happened: '세트를 만들다가 엔진이 실패했습니다',
      means: '이 시각의 백업이 없습니다. 이미 있는 세트는 그대로입니다',
      todo: '로그의 마지막 줄을 읽고 세트를 다시 만드세요',
    },
    [WORKFLOW_ERROR.configurationInvalid]: {
      happened: '엔진이 시크릿, 주소, 키 또는 권한을 거부했습니다',
      means: '이 시각의 백업이 없고, 다음 백업도 똑같이 실패합니다',
      todo: '바로잡은 뒤 세트를 다시 만드세요',
    },
    [WORKFLOW_ERROR.verificationFailed]: {
      happened: '새 세트를 검증하지 못했습니다',
      means: '이 세트는 믿을 수 없습니다. 마지막으로 검증된 것은 그 전 세트입니다',
      todo: '바로 세트를 하나 더 만드세요',
    },
    [WORKFLOW_ERROR.taskNotStarted]: {
      happened: 'Fargate가 작업을 시작하지 못했습니다',
      means: '아무 작업도 하지 않았습니다',
      todo: '비어 있는 시크릿을 채우거나 용량을 기다린 뒤 다시 시작하세요',
    },
    [WORKFLOW_ERROR.timedOut]: {
      happened: '한 단계가 제한 시간 안에 끝나지 않아 멈췄습니다',
      means: '작업이 아직 돌고 있을 수 있고, 시작한 일을 되돌립니다',
      todo: '남은 작업이 없는지 보고 로그를 확인한 뒤 다시 시작하세요',
    },
    [WORKFLOW_ERROR.retentionFailed]: {
      happened: '오래된 세트에 표시를 하지 못했습니다',
      means: '새 세트는 만들어지고 검증되었습니다. 오래된 세트가 남아 비용이 듭니다',
      todo: '급하지 않습니다. 다음 실행이 이어서 합니다',
    },
    [WORKFLOW_ERROR.restoreInputInvalid]: {
      happened: '복원 입력을 쓸 수 없습니다',
      means: '아무 작업도 하지 않았습니다',
      todo: '런북의 입력으로 다시 시작하세요',
    },
    [WORKFLOW_ERROR.restoreRefused]: {
      happened: '복원을 시작하기 전에 거부했습니다',
      means: '대상 데이터베이스는 그대로입니다',
      todo: '이유에 적힌 것을 바로잡고 다시 시작하세요',
    },
    [WORKFLOW_ERROR.restoreFailed]: {
      happened: '복원에 실패했습니다',
      means: '엔진이 시작한 일을 되돌렸거나, 남은 것을 아래에 적었습니다',
      todo: '이유를 읽고 대상 데이터베이스를 본 뒤 결정하세요',
    },
    [WORKFLOW_ERROR.restoreNotVerified]: {
      happened: '데이터를 복원했지만 일부를 증명하지 못했습니다',
      means: '데이터는 들어 있습니다. 아래에 적힌 것은 증명되지 않았습니다',
      todo: '사람들이 쓰기 전에 아래에 적힌 것을 확인하세요',
    },
    [WORKFLOW_ERROR.restoreViolatesIntegrity]: {
      happened: '데이터를 복원했지만 무결성 규칙을 어깁니다',
      means: '데이터는 들어 있지만 일부가 서로 맞지 않습니다',
      todo: '아래 규칙을 보고, 남겨 두고 고치거나 mode rollback으로 되돌리세요',
    },
    [WORKFLOW_ERROR.thawFailed]: {
      happened: '아카이브된 객체를 읽을 수 있게 하지 못했습니다',
      means: '복원한 것이 없습니다. 대상 데이터베이스는 그대로입니다',
      todo: '이유를 본 뒤 다시 시작하세요. 해동된 객체는 며칠 동안 그대로 있습니다',
    },
    [WORKFLOW_ERROR.preRestoreSetFailed]: {
      happened: '대상에 있는 데이터를 먼저 보관하지 못했습니다',
      means: '그래서 그 위에 복원하지 않았습니다. 대상 데이터베이스는 그대로입니다',
      todo: '이유를 해결하거나 다른 데이터베이스에 복원하세요. 보관할 수 없는 상태라면 "withoutPreRestoreSet": true로 건너뜁니다',
    },
    [WORKFLOW_ERROR.pitrFailed]: {
      happened: 'Supabase가 프로젝트를 과거 시점으로 되돌리다가 실패했습니다',
      means: '프로젝트를 쓸 수 없고, 저절로 돌아오지 않습니다',
      todo: '프로젝트 ref와 시각을 적어 바로 Supabase에 문의하고, 그동안 새 프로젝트에 복원하세요',
    },
    [WORKFLOW_ERROR.pitrUnclear]: {
      happened: '프로젝트가 과거 시점으로 돌아가는지 알 수 없습니다',
      means:
        'Supabase가 시작했거나, 아직 하고 있거나, 요청을 받지 못했을 수 있습니다. 요청은 한 번만 보냈습니다',
      todo: 'Supabase 대시보드에서 프로젝트를 확인하고, 실행 중이며 복원되지 않았을 때만 다시 요청하세요',
    },
    [WORKFLOW_ERROR.newProjectFailed]: {
      happened: '새 Supabase 프로젝트를 만들지 못했거나 쓸 수 없습니다',
      means: '백업 대상 데이터베이스는 그대로입니다. 만들어진 프로젝트는 남아 비용이 듭니다',
      todo: '이유를 읽고, 만들어진 것을 지운 뒤 복원을 다시 시작하세요',
    },
    [WORKFLOW_ERROR.drillInputInvalid]: {
      happened: '훈련을 시작하기 전에 거부했습니다',
      means: '증명한 것도, 만든 것도 없습니다',
      todo: '이유에 적힌 것을 바로잡고 {}로 다시 시작하세요',
    },
    [WORKFLOW_ERROR.drillFailed]: {
      happened: '훈련에서 잘못된 것을 찾았습니다',
      means: '무엇인지 알기 전에는 복원을 믿을 수 없습니다. 세트는 그대로입니다',
      todo: '보고서를 읽고, 더 오래된 세트로 다시 훈련하고({"backup": "<세트 id>"}), 새 세트를 만드세요',
    },
    [WORKFLOW_ERROR.drillNotVerified]: {
      happened: '훈련에서 잘못된 것은 없었지만 모두 확인하지는 못했습니다',
      means: '이름이 적힌 것은 증명되지 않았고, 나머지는 증명되었습니다',
      todo: '확인하지 못한 것을 읽고 필요한 것을 갖춘 뒤 {}로 다시 시작하세요',
    },
    [WORKFLOW_ERROR.drillCleanUpFailed]: {
      happened: '훈련이 만든 것을 지우지 못했습니다',
      means: '데이터의 사본이 남아 있고, 시간마다 비용이 듭니다',
      todo: '지금 직접 지우세요. 리퍼가 매일 다시 시도합니다',
    },
    [WORKFLOW_ERROR.filesFailed]: {
      happened: 'Storage 파일을 복원하지 못했거나 일부만 복원했습니다',
      means:
        'storage.objects의 행이 없는 파일을 가리킬 수 있습니다. 그 전에 복원한 데이터베이스는 들어 있습니다',
      todo: '이유를 읽고 mode files로 파일을 복원하세요. 이미 돌아온 파일은 그대로 두어도 됩니다',
    },
    [WORKFLOW_ERROR.unexpected]: {
      happened: '따로 이름이 없는 실패가 있었습니다',
      means: '어디까지 진행됐는지는 실행 기록에 있습니다',
      todo: '처음으로 빨갛게 표시된 단계를 보세요',
    },
  },
  labels: {
    environment: '환경',
    execution: '실행',
    runbook: '런북',
    happened: '무슨 일',
    means: '의미',
    todo: '할 일',
    details: '자세히',
    backup: '백업',
    restore: '복원',
    files: '파일 백업',
    drill: '훈련',
  },
};
