import { WORKFLOW_ERROR } from '../../core/names.ts';
import {
  damageNewestSet,
  damageNextSet,
  killNextBackup,
  leaveUploadOpen,
  refuseRetention,
  refuseWrites,
  stopNextExecution,
} from './break.ts';
import { scheduleOf, type World } from './world.ts';

/** Something that goes wrong during the day, and all that must come of it: no less, and no more. */
export interface Fault {
  readonly name: string;
  /** Time of day when it begins, and when it is put right; the same where it is one event. */
  readonly from: string;
  readonly until: string;
  /** By then every alarm of it is off again. */
  readonly over: string;
  begin(world: World): Promise<void> | void;
  end?(world: World): Promise<void> | void;
  /** Headings of the alarms that must go. */
  readonly alarms: readonly string[];
  /**
   * Those that must go and are on for longer: what brought them is still there when the fault is over. Until then, or for as
   * long as the day lasts.
   */
  readonly lasting?: Readonly<Record<string, string>>;
  /** Those that may go besides. */
  readonly mayAlarm?: readonly string[];
  /** What must be said in Slack, one message for each. */
  readonly slack: readonly RegExp[];
  /** What must come by mail, besides those of the alarms. */
  readonly mail: readonly RegExp[];
  /** What may be said besides, in Slack or by mail. */
  readonly maySay?: readonly RegExp[];
}

/** A Sunday that is the first of a month: weekly set and drill are due as well as everything else. */
export const DAY = '2026-11-01';

/** What may be said at any time: a drill that verified everything, what failed and works again, what the month costs. */
export const EVERYDAY: readonly RegExp[] = [/훈련에서 모두 복원하고 검증했습니다/, /다시 됩니다/, /비용/];

/**
 * The faults of the day, in order. Faults that bring the same alarm are further apart than that alarm takes to go off again:
 * an alarm that is on tells nobody a second time.
 */
export const FAULTS: readonly Fault[] = [
  {
    name: 'an upload is begun and never ended',
    from: '00:20',
    until: '00:20',
    over: '23:50',
    begin: leaveUploadOpen,
    alarms: [],
    // at once, for the emulator dates every open upload 2010; lifecycle, which would end it, is not played
    lasting: { 'Uploads/Stale': '24:00' },
    slack: [],
    mail: [],
    maySay: [/업로드|upload/i],
  },
  {
    name: 'the database is down',
    from: '03:00',
    until: '04:10',
    over: '05:25',
    begin: ({ postgres }) => postgres.halt(),
    end: ({ postgres }) => postgres.restart(),
    alarms: ['Backup/Failing', 'Backup/CriticalStale', 'Backup/ImportantStale'],
    slack: [new RegExp(WORKFLOW_ERROR.configurationInvalid)],
    mail: [new RegExp(WORKFLOW_ERROR.configurationInvalid)],
  },
  {
    name: 'a verified set rots in the bucket, and the drill meets it',
    from: '04:20',
    until: '04:30',
    over: '05:25',
    begin: (world) => damageNewestSet(world, 'daily/'),
    alarms: ['Drill/Failing'],
    slack: [new RegExp(WORKFLOW_ERROR.drillFailed)],
    mail: [new RegExp(WORKFLOW_ERROR.drillFailed)],
  },
  {
    name: 'retention cannot list the sets',
    from: '05:29',
    until: '05:40',
    over: '06:00',
    begin: refuseRetention,
    end: ({ cloud }) => cloud.disturbS3(undefined),
    // the set that is due meanwhile is made and verified; its own retention fails, and with it its workflow
    alarms: ['Retention/Failing', 'Backup/Failing'],
    slack: [new RegExp(WORKFLOW_ERROR.retentionFailed)],
    mail: [new RegExp(WORKFLOW_ERROR.retentionFailed)],
  },
  {
    name: 'S3 refuses writes',
    from: '06:00',
    until: '06:20',
    over: '06:50',
    begin: refuseWrites,
    end: ({ cloud }) => cloud.disturbS3(undefined),
    alarms: ['Backup/Failing', 'Audit/Failing'],
    slack: [new RegExp(WORKFLOW_ERROR.backupFailed)],
    mail: [new RegExp(WORKFLOW_ERROR.backupFailed)],
  },
  {
    name: 'a set is damaged before it is verified',
    from: '07:15',
    until: '07:15',
    over: '07:44',
    begin: (world) => damageNextSet(world, 'critical', 'critical/'),
    alarms: ['Backup/Failing'],
    // until the monitor sees fifteen newer ones that are verified
    lasting: { 'Backup/Damaged': '14:00' },
    slack: [new RegExp(WORKFLOW_ERROR.verificationFailed)],
    mail: [new RegExp(WORKFLOW_ERROR.verificationFailed)],
  },
  {
    name: 'a task is killed while it writes',
    from: '07:45',
    until: '07:45',
    over: '08:15',
    begin: (world) => killNextBackup(world, 'critical'),
    alarms: ['Backup/Failing'],
    slack: [new RegExp(WORKFLOW_ERROR.backupFailed)],
    mail: [new RegExp(WORKFLOW_ERROR.backupFailed)],
  },
  {
    name: 'somebody switches the critical schedule off',
    from: '09:00',
    until: '11:00',
    over: '11:20',
    begin: (world) => {
      scheduleOf(world, 'critical').enabled = false;
    },
    end: (world) => {
      scheduleOf(world, 'critical').enabled = true;
    },
    alarms: ['Backup/CriticalStale'],
    slack: [],
    mail: [],
  },
  {
    name: 'Slack is down, and a task is killed meanwhile',
    from: '12:00',
    until: '13:00',
    over: '13:20',
    begin: (world) => {
      world.slack.answerWith(503);
      killNextBackup(world, 'important');
    },
    end: ({ slack }) => slack.answerWith(200),
    // the set is missing until the next hour's is verified, which is longer than such a run may take
    alarms: ['Slack/Failing', 'Backup/Failing', 'Backup/Stuck'],
    // what cannot be said there is in the mail
    slack: [],
    mail: [new RegExp(WORKFLOW_ERROR.backupFailed), /a run has begun and made no set/],
  },
  {
    name: 'nobody runs the monitor',
    from: '14:00',
    until: '15:20',
    over: '15:50',
    begin: (world) => {
      scheduleOf(world, 'monitor').enabled = false;
    },
    end: (world) => {
      scheduleOf(world, 'monitor').enabled = true;
    },
    // what nobody measures is taken for the worst
    alarms: ['Monitor/NotRunning', 'Backup/CriticalStale', 'Backup/DailyStale', 'Drill/Stale'],
    mayAlarm: ['Backup/ImportantStale', 'Backup/WeeklyStale', 'Files/Stale'],
    slack: [],
    mail: [],
  },
  {
    name: 'an operator stops an execution',
    from: '16:30',
    until: '16:30',
    over: '17:00',
    begin: (world) => stopNextExecution(world, 'critical'),
    alarms: ['Backup/Aborted'],
    slack: [],
    mail: [/ABORTED/],
  },
  {
    name: 'a start cannot be delivered',
    from: '18:15',
    until: '18:50',
    over: '19:20',
    begin: (world) => {
      scheduleOf(world, 'critical').reachable = false;
    },
    end: (world) => {
      scheduleOf(world, 'critical').reachable = true;
      world.account.emptyDeadLetters();
    },
    alarms: ['Schedules/DeadLetters'],
    mayAlarm: ['Backup/CriticalStale'],
    slack: [],
    mail: [],
  },
];
