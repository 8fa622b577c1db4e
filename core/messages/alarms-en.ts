import type { AlarmTexts } from './alarms.ts';

const stale = (kind: string, means: string) => ({
  happened: `there is no fresh verified ${kind} set`,
  means,
  todo: `look at the schedule first, for one that is off looks exactly like one that fails; then at the last executions`,
  over: `there is a fresh verified ${kind} set again`,
});

export const ALARMS_EN: AlarmTexts = {
  'Backup/DailyStale': stale(
    'daily',
    'whoever had to restore the whole database now would lose more than a day of what is in no smaller set',
  ),
  'Backup/WeeklyStale': stale(
    'weekly',
    'the archive has no set of the last week; the daily sets are not touched',
  ),
  'Backup/ImportantStale': stale(
    'important',
    'a restore now would lose more of the important tables than their RPO allows',
  ),
  'Backup/CriticalStale': stale(
    'critical',
    'a restore now would lose more of the critical tables than their RPO allows, unless point-in-time recovery is on',
  ),
  'Files/Stale': {
    happened: 'there is no fresh inventory of the files of Storage',
    means: 'files that were added or changed since the last one are not in the backup',
    todo: 'look at the last executions of the files workflow, and start it with {}',
    over: 'there is a fresh inventory of the files of Storage again',
  },
  'Drill/Stale': {
    happened: 'no drill has verified everything for too long',
    means: 'nobody knows whether a restore would work today; the sets themselves are untouched',
    todo: 'look at the schedule and the report of the last drill, then start one with {}',
    over: 'a drill has verified everything again',
  },
  'Drill/ProjectLeft': {
    happened: 'the Supabase project of a drill may still be there',
    means: 'it holds a copy of the data, and every hour of it is billed',
    todo: 'delete it by hand now; the reaper tries again every day',
  },
  'Monitor/NotRunning': {
    happened: 'nobody measures the age of the backups',
    means: 'the alarms of age are worth nothing until this is over',
    todo: 'see whether the schedule monitor is on, and what its function says in its log',
    over: 'the age of the backups is measured again',
  },
  'Monitor/Failing': {
    happened: 'the age of the backups could not be measured',
    means: 'once is no harm; if it goes on, the alarms of age tell of it',
    todo: 'read the log of the monitor',
  },
  'Retention/Failing': {
    happened: 'old sets could not be marked',
    means: 'they stay and are billed; no set is lost by it',
    todo: 'read the log of the function; its next run goes on by itself',
  },
  'Audit/Failing': {
    happened: 'a record was not written to the audit log',
    means: 'what was done is done, and the record of it is missing in the audit copy',
    todo: 'read the log of the function, which names the record, and see whether the bucket takes objects',
  },
  'Explain/Failing': {
    happened: 'a failure could not be explained',
    means: 'its alert says where to look, and not what happened',
    todo: 'look at the history of the execution that failed, and at the log of the function',
  },
  'Schedules/DeadLetters': {
    happened: 'a start or a message could not be delivered, and was given up',
    means: 'what was to be started did not run, or what was to be told was not told',
    todo: 'read the message in the queue, which says what and why; start it by hand, then delete the message',
    over: 'the queue of what could not be delivered is empty again',
  },
  'Pitr/Off': {
    happened: 'point-in-time recovery of the Supabase project is off',
    means: 'it cannot be taken back to a minute; what can be restored are the sets',
    todo: 'switch the add-on on again in the dashboard of Supabase, or find out who switched it off and why',
    over: 'point-in-time recovery of the Supabase project is on again',
  },
  'Pitr/Stale': {
    happened: 'the newest point the Supabase project can be taken back to is too old',
    means: 'a recovery to a minute would lose more than it is there for',
    todo: 'look at the state of the project and of Supabase, and ask its support if it lasts',
    over: 'the newest point the Supabase project can be taken back to is fresh again',
  },
  'Pitr/TooShort': {
    happened: 'point-in-time recovery reaches back less far than wanted',
    means: 'a mistake that is found late can no longer be undone by it',
    todo: 'compare the days of the add-on with those of supabase.pitr; just after it was switched on this passes by itself',
    over: 'point-in-time recovery reaches back far enough again',
  },
  'Pitr/NotMeasured': {
    happened: 'nobody measures point-in-time recovery',
    means: 'whether it is on and fresh is not known until this is over',
    todo: 'read the log of the monitor: the access token may have run out',
    over: 'point-in-time recovery is measured again',
  },
  'Reaper/LeakDeleted': {
    happened: 'a project that a drill had left was deleted',
    means: 'what it cost until then is billed; nothing is left of it',
    todo: 'find out why the drill did not delete it: its execution and the log of the clean-up say so',
  },
  'Reaper/LeakKept': {
    happened: 'a project that a drill had left could not be deleted',
    means: 'it holds a copy of the data, and is billed for every hour until somebody deletes it',
    todo: 'delete it by hand now, in the organization of the drills',
  },
  'Reaper/Failing': {
    happened: 'the list of projects that drills may have left cannot be read',
    means: 'nobody knows whether one is there and billed',
    todo: 'read the log of the function: the access token may have run out; look at the organization yourself meanwhile',
  },
  'Reaper/NotRunning': {
    happened: 'nobody looks for projects that drills left behind',
    means: 'one that is there is billed until somebody sees it',
    todo: 'see whether the schedule of the reaper is on',
    over: 'projects that drills left behind are looked for again',
  },
  'Cost/GuardFailing': {
    happened: 'the cost guard could not look at everything',
    means:
      'what it could not see, switch off or tell is not watched until tomorrow; it has done all the rest',
    todo: 'read the log of the function: it names each thing and what the service answered',
  },
  'Cost/GuardNotRunning': {
    happened: 'nobody but the budget of AWS watches what this costs',
    means: 'a surprise on the bill is seen eight to twenty-four hours later',
    todo: 'see whether the schedule of the cost guard is on',
    over: 'the cost guard looks at costs again',
  },
};
