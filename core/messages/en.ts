import { WORKFLOW_ERROR } from '../names.ts';
import type { RestoreFacts } from '../restore-steps.ts';
import { drillEn } from './drill.ts';
import type { Messages } from './messages.ts';
import { supabaseEn } from './supabase-en.ts';

const TARGET = {
  target: 'the database of the secret target-database-url',
  source: 'the database that is backed up (database-url), in place',
  'new-project': 'a new Supabase project',
} as const;
const STORAGE = {
  target: 'the Storage of the target',
  source: 'the Storage that is backed up, in place',
  'new-project': 'the Storage of the project of the secret new-project',
} as const;

function whatOf({ mode, tables, selections, strategy }: RestoreFacts): string {
  if (mode === 'full') return 'the whole database';
  const names = tables.join(', ');
  if (mode === 'rows') return `rows of ${names} (${selections} selections)`;
  return `the tables ${names}${strategy === null ? '' : ` (${strategy})`}`;
}

function filesOf({ files }: RestoreFacts): string {
  const { backup, at, bucket, prefix, file } = files ?? {};
  const what = file ?? (bucket === undefined ? 'all buckets' : `${bucket}/${prefix ?? ''}`);
  return `${what}, from the inventory ${backup}${at === undefined ? '' : ` at or before ${at}`}`;
}

export const en: Messages = {
  describe(facts) {
    const { set, keptAs } = facts;
    const unchanged = facts.planOnly ? ['Nothing is changed.'] : [];
    const kept = keptAs === null ? [] : [`What is there now is kept first, as the set ${keptAs}.`];
    if (facts.mode === 'pitr')
      return [
        `${facts.planOnly ? 'Plans to take' : 'Takes'} the Supabase project ${facts.project} back to ${facts.at}, in place: everything written since is undone.`,
        ...kept,
        ...unchanged,
      ].join(' ');
    if (facts.mode === 'files')
      return [
        `${facts.planOnly ? 'Plans to bring' : 'Brings'} Storage files back (${filesOf(facts)}) into ${STORAGE[facts.target]}.`,
        ...unchanged,
      ].join(' ');
    if (facts.mode === 'rollback')
      return `Takes the restore ${facts.restoreId} back in ${TARGET[facts.target]}.`;
    return [
      `${facts.planOnly ? 'Plans to restore' : 'Restores'} ${whatOf(facts)} from the set ${set?.id}, its state of ${set?.snapshotAt}, into ${TARGET[facts.target]}.`,
      ...(set?.verified === false ? ['This set has not been verified.'] : []),
      ...(facts.project === null ? [] : [`The project is called ${facts.project}.`]),
      ...(facts.files === null ? [] : [`Its Storage files follow: ${filesOf(facts)}.`]),
      ...kept,
      ...unchanged,
    ].join(' ');
  },
  started: () => 'A restore has started.',
  planned: () => 'The plan of a restore is ready. Nothing was changed.',
  plan: ({ database, replaces, reads, seconds, confirm, obstacles, tables, more }) => [
    ...(database === null ? [] : [`Target: ${database}${replaces ? ', which would be replaced' : ''}`]),
    ...(reads === null
      ? []
      : [`Reads: ${reads.objects} objects, ${(reads.storedBytes / 1e6).toFixed(1)} MB`]),
    ...(seconds === null ? [] : [`Takes: about ${Math.ceil(seconds / 60)} minutes`]),
    ...(confirm === null ? [] : [`Needs: "confirm": "${confirm}"`]),
    ...obstacles.map((obstacle) => `In the way: ${obstacle}`),
    `Tables that would change: ${tables.length + more === 0 ? 'none' : ''}`,
    ...tables,
    ...(more > 0 ? [`and ${more} more`] : []),
  ],
  thawing: ({ objects, bytes, readyAt, costUsd, waitSeconds }) =>
    `${objects} objects (${(bytes / 1e9).toFixed(2)} GB) lie in an archive class and are being thawed. ` +
    `${readyAt === null ? `They are looked at again in ${Math.ceil(waitSeconds / 60)} minutes` : `Expected by ${readyAt}`}` +
    `${costUsd === null ? '' : `, for about $${costUsd.toFixed(2)}`}. The restore goes on by itself.`,
  verified: ({ restoreId, counts: { tables, rows, changed, files }, keptAs }) =>
    [
      'A restore is done and verified.',
      ...(files === undefined ? [] : [`${files} Storage files.`]),
      ...(tables === null ? [] : [`${tables} tables${rows === null ? '' : `, ${rows} rows`}.`]),
      ...(changed === null
        ? []
        : [`${changed.inserted} rows inserted, ${changed.updated} put back, ${changed.deleted} taken away.`]),
      ...(keptAs === null
        ? []
        : [`The database that was there is kept as ${keptAs}; drop it when nobody needs it.`]),
      ...(restoreId === null || keptAs === null
        ? []
        : [`To take it back: {"mode": "rollback", "restoreId": "${restoreId}", …}.`]),
    ].join(' '),
  drill: drillEn,
  supabase: supabaseEn,
  failed: {
    [WORKFLOW_ERROR.inputInvalid]: {
      happened: 'the input of the backup cannot be used',
      means: 'nothing was done, and no backup is missing that a schedule makes',
      todo: 'start it again with a right input',
    },
    [WORKFLOW_ERROR.backupFailed]: {
      happened: 'the engine failed while making a set',
      means: 'this slot has no backup; sets that exist are not touched',
      todo: 'read the last lines of the log, then start the set again',
    },
    [WORKFLOW_ERROR.configurationInvalid]: {
      happened: 'the engine refused a secret, an address, a key or a right',
      means: 'this slot has no backup, and the next one will fail alike',
      todo: 'put it in order, then start the set again',
    },
    [WORKFLOW_ERROR.verificationFailed]: {
      happened: 'a new set could not be verified',
      means: 'nobody may rely on this set; the last verified one is the one before',
      todo: 'make another set at once',
    },
    [WORKFLOW_ERROR.taskNotStarted]: {
      happened: 'Fargate did not start the task',
      means: 'nothing was done',
      todo: 'fill the secret that is empty or wait for capacity, then start it again',
    },
    [WORKFLOW_ERROR.timedOut]: {
      happened: 'a step was not done within its time limit and was stopped',
      means: 'its task may still be running, and takes back what it began',
      todo: 'see that no task runs any more, look into the log, then start it again',
    },
    [WORKFLOW_ERROR.retentionFailed]: {
      happened: 'old sets could not be marked',
      means: 'the new set is made and verified; old ones stay and are billed',
      todo: 'nothing is urgent: the next run goes on by itself',
    },
    [WORKFLOW_ERROR.restoreInputInvalid]: {
      happened: 'the input of the restore cannot be used',
      means: 'nothing was done',
      todo: 'start it again with an input of the runbook',
    },
    [WORKFLOW_ERROR.restoreRefused]: {
      happened: 'the restore was refused before anything was done',
      means: 'the target is as it was',
      todo: 'put in order what the reason names, then start it again',
    },
    [WORKFLOW_ERROR.restoreFailed]: {
      happened: 'the restore failed',
      means: 'the engine took back what it had begun, or says below what is left',
      todo: 'read the reason, look at the target, then decide',
    },
    [WORKFLOW_ERROR.restoreNotVerified]: {
      happened: 'the data was restored, and something about it could not be proved',
      means: 'the data is there; what is named below was not proved',
      todo: 'look at what is named before people work with the database',
    },
    [WORKFLOW_ERROR.restoreViolatesIntegrity]: {
      happened: 'the data was restored, and it breaks integrity rules',
      means: 'the data is there, and part of it contradicts itself',
      todo: 'look at the rules named below; keep it and repair, or take it back with mode rollback',
    },
    [WORKFLOW_ERROR.thawFailed]: {
      happened: 'archived objects did not become readable',
      means: 'nothing was restored, the target is as it was',
      todo: 'look at the reason, then start the restore again: what is thawed stays so for some days',
    },
    [WORKFLOW_ERROR.preRestoreSetFailed]: {
      happened: 'what is in the target could not be kept first',
      means: 'so nothing was restored over it; the target is as it was',
      todo: 'cure the reason, or restore beside, into another database; where nothing can be kept, "withoutPreRestoreSet": true does without',
    },
    [WORKFLOW_ERROR.pitrFailed]: {
      happened: 'Supabase took the project back in time and failed',
      means: 'the project is down, and does not come back by itself',
      todo: 'ask Supabase at once, with its ref and the time; restore into a new project meanwhile',
    },
    [WORKFLOW_ERROR.pitrUnclear]: {
      happened: 'nobody can say whether the project goes back in time',
      means:
        'Supabase may have begun, may still be at it, or may never have heard of it; it was asked once only',
      todo: 'look at the project in the Supabase dashboard; ask again only when it runs and nothing was restored',
    },
    [WORKFLOW_ERROR.newProjectFailed]: {
      happened: 'the new Supabase project was not made, or cannot be used',
      means: 'the database that is backed up is as it was; a project that was made stays, and is billed',
      todo: 'read the reason, delete what was made, then start the restore again',
    },
    [WORKFLOW_ERROR.drillInputInvalid]: {
      happened: 'the drill was refused before anything was done',
      means: 'nothing was proved, and nothing was made',
      todo: 'put in order what the reason names, then start it again with {}',
    },
    [WORKFLOW_ERROR.drillFailed]: {
      happened: 'a drill found something wrong',
      means: 'until it is known what, nobody may rely on a restore; the sets themselves are untouched',
      todo: 'read the report, repeat the drill with an older set ({"backup": "<set id>"}), and make a new set',
    },
    [WORKFLOW_ERROR.drillNotVerified]: {
      happened: 'a drill found nothing wrong, and could not look at everything',
      means: 'what is named is not proved; all else is',
      todo: 'read what was not verified, give the drill what it lacks, then start it again with {}',
    },
    [WORKFLOW_ERROR.drillCleanUpFailed]: {
      happened: 'what a drill has made could not be removed',
      means: 'it holds a copy of the data, and is billed every hour',
      todo: 'delete it by hand now; the reaper tries again every day',
    },
    [WORKFLOW_ERROR.filesFailed]: {
      happened: 'Storage files were not restored, or not all of them',
      means:
        'rows of storage.objects may lead to files that are not there; a database that was restored before them is there',
      todo: 'read the reason, then bring the files back with mode files: those that are back do no harm',
    },
    [WORKFLOW_ERROR.unexpected]: {
      happened: 'something failed that has no name of its own',
      means: 'the history of the execution says how far it came',
      todo: 'look at its first red step',
    },
  },
  labels: {
    environment: 'Environment',
    execution: 'Execution',
    runbook: 'Runbook',
    happened: 'What happened',
    means: 'What it means',
    todo: 'What to do',
    details: 'Details',
    backup: 'Backup',
    restore: 'Restore',
    files: 'Backup of files',
    drill: 'Drill',
  },
};
