import type { NoticeWords } from './notice-words.ts';

export const NOTICE_EN: NoticeWords = {
  kinds: {
    daily: 'daily',
    weekly: 'weekly',
    important: 'important',
    critical: 'critical',
    prerestore: 'prerestore',
  },
  titles: {
    restoreDone: 'Restore done',
    thawing: 'Archived objects are being thawed',
    drillSkipped: 'Drill skipped',
    stopped: (workflow) => `${workflow}: stopped`,
    worksAgain: (what) => `${what}: works again`,
    over: (what) => `Over: ${what}`,
    overAtAll: 'an alarm is over',
  },
  stopped: {
    ABORTED: {
      happened: 'somebody stopped an execution',
      todo: 'see who did and why in the history of the execution, and that no task of it runs any more; then start it again',
    },
    TIMED_OUT: {
      happened: "an execution outlasted the workflow's own limit and was stopped",
      todo: 'see that no task of it runs any more, find in the log where the time went, then start it again',
    },
  },
  stoppedMeans: {
    backup:
      'its set may be missing, and its task may still be running: stopping a task is attempted, not promised',
    restore: 'what it was restoring may be there in part, and its task may still be running',
    files: 'what it had copied is kept, and the next run goes on from it; its task may still be running',
    drill: 'nothing was proved, and its task may still be running',
  },
  worksAgain: (failures, since) =>
    `A run went well again, after ${failures === 1 ? 'one that did not' : `${failures} that did not`}, since ${since}.`,
  unknownAlarm: {
    happened: 'an alarm is on',
    means: 'its description, below, says what it means',
    todo: 'see its heading in the runbook',
  },
  folded: (count, since) =>
    `${count === 1 ? 'One more of these was' : `${count} more of these were`} not told one by one${since === undefined ? '' : ` since ${since}`}.`,
  started: (at) => `Started ${at}`,
  since: (at) => `Since ${at}`,
  labels: { log: 'Log', alarm: 'Alarm', kind: 'Kind', slot: 'Slot' },
  notTold: (reason) => `Slack did not take this message: ${reason}.`,
};
