import type { AlarmTexts } from './alarms.ts';

/** Alarms about what lies in the bucket. */
export const HEALTH_ALARMS_EN: AlarmTexts = {
  'Backup/Damaged': {
    happened: 'a set was found damaged',
    means:
      'it is not as it was written, or its manifest cannot be read: it cannot be counted on; the others are not touched',
    todo: 'see with status which one it is; keep it, and make a new set of the kind now',
    over: 'no set is known to be damaged any more, or a newer verified one has come',
  },
  'Backup/Unverified': {
    happened: 'a set was never read back',
    means: 'it is probably whole, but nobody has looked, and retention does not count it',
    todo: 'run verify of the engine for it, and see how the execution of its slot ended',
    over: 'every set that should be is verified, or a newer one is',
  },
  'Backup/Stuck': {
    happened: 'a run has begun and made no set',
    means: 'it died, or still writes after its time is over; nothing newer of its kind is verified',
    todo: 'see whether its task still runs, and how the execution of its slot ended',
    over: 'no run hangs any more, or a newer set is verified',
  },
  'Backup/SizeDropped': {
    happened: 'the newest set of a kind holds far less than those before it',
    means: 'the set is whole; what the database holds has become less: rows may be lost',
    todo: 'compare rows per table with the set before it before anything expires',
    over: 'the newest sets are as large as those before them',
  },
  'Backup/SizeJumped': {
    happened: 'the newest set of a kind holds far more than those before it',
    means: 'something grows; storage and what leaves Supabase are billed by size',
    todo: 'see which table has grown',
    over: 'the newest sets are as large as those before them',
  },
  'Backup/Slow': {
    happened: 'the newest set of a kind took far longer than those before it',
    means: 'nothing is lost; a restore may take longer as well',
    todo: 'see in the log of its task where the time went',
    over: 'the newest sets take as long as those before them',
  },
  'Backup/NearTimeLimit': {
    happened: 'the newest set of a kind took nearly all the time it is given',
    means: 'a run that does not end in time is stopped and makes no set',
    todo: 'raise task.timeoutMinutes of the kind, or the size of the task, and deploy',
    over: 'the newest sets are well within their time',
  },
  'Retention/NotCompliant': {
    happened: 'sets are there that should be gone',
    means: 'data is kept for longer than the team has decided, and billed',
    todo: 'see with status which they are, whether they are marked, and the rules of the bucket',
    over: 'no set is kept for longer than it should be',
  },
  'Retention/NotRunning': {
    happened: 'nobody looks over the sets of all kinds',
    means: 'those whose backups do not run, and those that restores kept, are never let go',
    todo: 'see whether the schedule of retention is on',
    over: 'the sets of all kinds are looked over again',
  },
  'Uploads/Stale': {
    happened: 'an upload has been open for longer than any run may take',
    means: 'who began it died or hangs; its parts are billed and in no listing',
    todo: 'see whether a task still runs that should not; lifecycle does the rest within days',
    over: 'no upload is left open',
  },
};
