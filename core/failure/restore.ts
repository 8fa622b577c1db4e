import { z } from 'zod';
import { messagesOf } from '../messages/index.ts';
import { WORKFLOW_ERROR } from '../names.ts';
import { remainsOf } from '../new-project/handover.ts';
import { newProjectSchema } from '../new-project/watch.ts';
import { RESTORE_TARGETS } from '../restore-input-members.ts';
import { type RestoreReport, reportOf } from '../restore-report.ts';
import { caughtSchema, RUN_ENDS } from '../run-end.ts';
import { lambdaMessage } from './causes.ts';
import { type Explanation, mailText, subjectLine } from './explain.ts';
import type { ErrorName } from './findings.ts';
import { brokenRules, integrityOutcomeSchema, uncheckedRules } from './integrity.ts';
import { type LoggedRun, type TaskLogs, taskLogLink } from './task-log.ts';

/** Steps of the restore workflow whose failures are told apart. */
export const RESTORE_STEPS = ['plan', 'thaw', 'preserve', 'restore', 'report', 'integrity', 'audit'] as const;
/** Those that there are besides where Supabase is configured. */
export const SUPABASE_STEPS = ['lookup', 'pitr', 'project', 'files'] as const;
/** All of them, in the order they are taken. */
const ALL_STEPS = [
  ...(['plan', 'lookup', 'thaw', 'preserve', 'pitr', 'project', 'restore', 'report'] as const),
  ...(['files', 'integrity', 'audit'] as const),
];
type RestoreStep = (typeof ALL_STEPS)[number];

/** A failure as the restore workflow caught it; what no state has come to yet is an empty object. */
export const restoreFailureSchema = z.object({
  failure: z.partialRecord(z.enum(ALL_STEPS), caughtSchema),
  input: z.unknown(),
  execution: z.object({ id: z.string(), name: z.string(), startedAt: z.string() }),
  /** What it is about. */
  restore: z.looseObject({
    planOnly: z.boolean().default(false),
    target: z.enum(RESTORE_TARGETS).default('target'),
    mode: z.string().optional(),
    /** The set in which the target was to be kept first. */
    keptAs: z.string().nullish(),
  }),
  report: z.looseObject({ ended: z.enum(RUN_ENDS).optional() }),
  integrity: integrityOutcomeSchema,
  /** The project that was asked for. */
  project: newProjectSchema.partial().default({}),
  /** How its Storage files came back, after its database. */
  files: z.looseObject({ ended: z.enum(RUN_ENDS).optional() }).default({}),
});
export type RestoreFailure = z.output<typeof restoreFailureSchema>;

/** Words of ours, in both languages, are shown whole. */
const LONGEST_WORDS = 4000;

/** Thrown by functions of ours, with words for an operator. */
const OWN_WORDS = [
  WORKFLOW_ERROR.restoreInputInvalid,
  WORKFLOW_ERROR.restoreRefused,
  WORKFLOW_ERROR.pitrFailed,
  WORKFLOW_ERROR.pitrUnclear,
  WORKFLOW_ERROR.newProjectFailed,
];

/** What it means that a step failed for a reason nobody foresaw. */
const ERROR_OF_STEP: Readonly<Partial<Record<RestoreStep, ErrorName>>> = {
  thaw: WORKFLOW_ERROR.thawFailed,
  pitr: WORKFLOW_ERROR.pitrUnclear,
  project: WORKFLOW_ERROR.newProjectFailed,
};

/** What can be said: the error's name, and the reason in the words of whatever gave it. */
interface Judgement {
  readonly error: ErrorName;
  readonly detail: string;
  /** Step whose task has a log to look at. */
  readonly step: RestoreStep | undefined;
  /** Instead of what the error means in general. */
  readonly means?: string;
}

/** Says what a restore came to that did not end verified, what that means and what to do. */
export function explainRestore(environment: string, given: RestoreFailure, logs: TaskLogs = {}): Explanation {
  const { error, detail, step, means } = judge(given);
  const advice = messagesOf('en').failed[error];
  const cause = [detail === '' ? advice.happened : `${advice.happened}: ${detail}`, ...wayBack(given)].join(
    '; ',
  );
  const log = taskLogLink(
    logOf(step, given),
    step === undefined ? '' : (given.failure[step]?.Cause ?? ''),
    given.execution.id,
    logs,
  );
  const remains = remainsOf(given.project);
  const finding = {
    error,
    happened: cause,
    todo: advice.todo,
    means: [means ?? advice.means, ...(remains === undefined ? [] : [remains.en])].join('. '),
  };
  return {
    error,
    cause,
    ...(remains === undefined ? {} : { remains }),
    subject: subjectLine(
      `VideoPlanet Backup (${environment}): ${given.restore.planOnly ? 'plan of a restore' : 'restore'}, ${error}`,
    ),
    message: mailText(environment, given.execution, finding, log),
    ...(log === undefined ? {} : { log }),
  };
}

/** A project that went back in time has no restore id: the way back is the set of before. */
function wayBack({ restore, failure, report }: RestoreFailure): string[] {
  const asked = failure.pitr !== undefined || report.ended !== undefined;
  if (restore.mode !== 'pitr' || restore.keptAs == null || !asked) return [];
  return [`what was there before is kept as the set ${restore.keptAs}`];
}

function judge(given: RestoreFailure): Judgement {
  const { failure } = given;
  const step = ALL_STEPS.findLast((each) => failure[each] !== undefined);
  if (failure.restore !== undefined || step === 'report' || given.report.ended !== undefined) {
    const report = reportIn(given);
    const done = report.ended === 'verified' || report.ended === 'not-verified';
    return done && !given.restore.planOnly ? judgeData(given, report) : judgeRun(report, given);
  }
  const caught = step === undefined ? undefined : failure[step];
  if (step === undefined || caught === undefined)
    return { error: WORKFLOW_ERROR.unexpected, detail: '', step };
  const said = lambdaMessage(caught.Cause, LONGEST_WORDS);
  const known = OWN_WORDS.find((name) => name === caught.Error);
  if (known !== undefined) return { error: known, detail: said, step };
  if (step === 'preserve') return judgePreserve(caught);
  const detail = `the ${step} step failed with ${caught.Error}${said === '' ? '' : `: ${said}`}`;
  return { error: ERROR_OF_STEP[step] ?? WORKFLOW_ERROR.unexpected, detail, step };
}

/** The report as it was read; where reading it failed, what the task's end alone says. */
function reportIn({ report, failure }: RestoreFailure): RestoreReport {
  return report.ended === undefined
    ? reportOf(undefined, failure.restore)
    : (report as unknown as RestoreReport);
}

/** The data is in the target; what was found out about it? */
function judgeData(given: RestoreFailure, report: RestoreReport): Judgement {
  const { failure, integrity } = given;
  const withoutFiles = judgeFiles(given);
  if (withoutFiles !== undefined) return withoutFiles;
  const unproved = [
    ...report.notVerified,
    ...((given.files as Partial<RestoreReport>).notVerified ?? []).map((what) => `files: ${what}`),
    ...(failure.report === undefined ? [] : ['what the engine reported could not be read']),
    ...(integrity.outcome === 'could-not-verify'
      ? [`integrity rules could not be checked: ${uncheckedRules(integrity)}`]
      : []),
    ...(failure.integrity !== undefined || failure.report !== undefined
      ? [`the integrity rules were not checked${reasonOf(failure.integrity?.Cause)}`]
      : []),
  ];
  if (integrity.outcome === 'violated') {
    const besides = unproved.length === 0 ? '' : `; besides, not verified: ${unproved.join('; ')}`;
    return {
      error: WORKFLOW_ERROR.restoreViolatesIntegrity,
      detail: `${brokenRules(integrity)}${besides}${rollbackOf(report)}`,
      step: 'restore',
    };
  }
  if (unproved.length > 0)
    return {
      error: WORKFLOW_ERROR.restoreNotVerified,
      detail: `${unproved.join('; ')}${rollbackOf(report)}`,
      step: 'restore',
    };
  return {
    error: WORKFLOW_ERROR.unexpected,
    detail: `the restore's record could not be written${reasonOf(failure.audit?.Cause)}`,
    step: undefined,
    means: 'the restore is done and verified; only its record in the audit log is missing',
  };
}

/** The database is there; are its Storage files? Nothing where they are, or were not asked for. */
function judgeFiles({ failure, files }: RestoreFailure): Judgement | undefined {
  const done = files.ended === 'verified' || files.ended === 'not-verified';
  if (done || (files.ended === undefined && failure.files === undefined)) return undefined;
  const report = files.ended === undefined ? undefined : (files as unknown as RestoreReport);
  const said = lambdaMessage(failure.files?.Cause ?? '');
  return {
    error: WORKFLOW_ERROR.filesFailed,
    detail: report?.error == null ? said : `${report.error.name}: ${report.error.message}`,
    step: 'files',
  };
}

function judgeRun(report: RestoreReport, { failure, restore }: RestoreFailure): Judgement {
  const caught = failure.restore;
  const said = report.error === null ? '' : `${report.error.name}: ${report.error.message}`;
  switch (report.ended) {
    case 'refused':
      return { error: WORKFLOW_ERROR.restoreRefused, detail: said, step: 'restore' };
    case 'not-started':
      return {
        error: WORKFLOW_ERROR.taskNotStarted,
        detail: lambdaMessage(caught?.Cause ?? ''),
        step: 'restore',
      };
    case 'timed-out':
      return { error: WORKFLOW_ERROR.timedOut, detail: said, step: 'restore' };
    case 'killed':
      return {
        error: WORKFLOW_ERROR.restoreFailed,
        detail: `the engine was killed (exit code ${report.exitCode}), so it took nothing back: look at the target; for want of memory raise task.memoryMiB`,
        step: 'restore',
      };
    case 'failed':
      return {
        error: restore.mode === 'files' ? WORKFLOW_ERROR.filesFailed : WORKFLOW_ERROR.restoreFailed,
        detail: said,
        step: 'restore',
      };
    default:
      return {
        error: WORKFLOW_ERROR.unexpected,
        detail: `${restore.planOnly ? 'the plan is ready, and its' : 'the'} record could not be written${reasonOf(failure.audit?.Cause)}`,
        step: undefined,
      };
  }
}

function judgePreserve(caught: z.output<typeof caughtSchema>): Judgement {
  const { ended } = reportOf(undefined, caught);
  if (ended === 'not-started')
    return { error: WORKFLOW_ERROR.taskNotStarted, detail: lambdaMessage(caught.Cause), step: 'preserve' };
  return {
    error: WORKFLOW_ERROR.preRestoreSetFailed,
    detail:
      ended === 'timed-out'
        ? 'it was not done within its time limit'
        : `the engine's run ended as ${ended}; the last lines of its log say why`,
    step: 'preserve',
  };
}

function logOf(step: RestoreStep | undefined, { restore }: RestoreFailure): LoggedRun | undefined {
  if (step === 'preserve') return 'preserve';
  if (step === 'files') return 'restoreProject';
  if (step !== 'restore' || restore.mode === 'pitr') return undefined;
  if (restore.target === 'new-project') return 'restoreProject';
  if (restore.mode === 'files') return restore.target === 'source' ? 'restoreFilesInPlace' : 'restoreFiles';
  return restore.target === 'source' ? 'restoreInPlace' : 'restore';
}

function reasonOf(cause: string | undefined): string {
  const said = lambdaMessage(cause ?? '');
  return said === '' ? '' : `: ${said}`;
}

/** What was written into an empty database, or into tables that stayed, has nothing to go back to. */
function rollbackOf({ restoreId, keptAs }: RestoreReport): string {
  return restoreId === null || keptAs === null
    ? ''
    : `; the restore's id, for mode rollback, is ${restoreId}`;
}
