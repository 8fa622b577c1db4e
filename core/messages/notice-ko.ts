import type { NoticeWords } from './notice-words.ts';

export const NOTICE_KO: NoticeWords = {
  kinds: { daily: '일간', weekly: '주간', important: '중요', critical: '핵심', prerestore: '복원 전' },
  titles: {
    restoreDone: '복원 완료',
    thawing: '아카이브된 객체를 해동하고 있습니다',
    drillSkipped: '훈련을 건너뛰었습니다',
    stopped: (workflow) => `${workflow}: 멈춤`,
    worksAgain: (what) => `${what}: 다시 됩니다`,
    over: (what) => `해제: ${what}`,
    overAtAll: '경보가 끝났습니다',
  },
  stopped: {
    ABORTED: {
      happened: '누군가 실행을 멈췄습니다',
      todo: '실행 기록에서 누가 왜 그랬는지 보고, 남은 작업이 없는지 확인한 뒤 다시 시작하세요',
    },
    TIMED_OUT: {
      happened: '실행이 워크플로의 제한 시간을 넘겨 멈췄습니다',
      todo: '남은 작업이 없는지 보고, 어디서 시간이 걸렸는지 로그에서 찾은 뒤 다시 시작하세요',
    },
  },
  stoppedMeans: {
    backup:
      '세트가 없을 수 있고, 작업이 아직 돌고 있을 수 있습니다. 작업을 멈추라고 요청했을 뿐, 멈췄다는 보장은 없습니다',
    restore: '복원하던 것이 일부만 있을 수 있고, 작업이 아직 돌고 있을 수 있습니다',
    files: '이미 복사한 것은 그대로이고 다음 실행이 이어서 합니다. 작업이 아직 돌고 있을 수 있습니다',
    drill: '증명한 것이 없고, 작업이 아직 돌고 있을 수 있습니다',
  },
  worksAgain: (failures, since) => `실행이 다시 성공했습니다. ${since}부터 ${failures}번 실패했습니다.`,
  unknownAlarm: {
    happened: '경보가 울렸습니다',
    means: '무슨 뜻인지는 아래 설명에 있습니다',
    todo: '런북의 해당 항목을 보세요',
  },
  folded: (count, since) =>
    `${since === undefined ? '' : `${since}부터 `}같은 알림 ${count}건을 따로 보내지 않았습니다.`,
  started: (at) => `시작: ${at}`,
  since: (at) => `시각: ${at}`,
  labels: { log: '로그', alarm: '경보', kind: '종류', slot: '시점' },
  notTold: (reason) => `Slack이 이 메시지를 받지 않았습니다: ${reason}.`,
};
