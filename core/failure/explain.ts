import { z } from 'zod';
import { isKind } from '../kinds.ts';
import { WORKFLOW_ERROR } from '../names.ts';
import type { Bilingual } from '../restore-input-members.ts';
import { runbookLink } from '../runbook.ts';
import { type ErrorName, type Finding, findingOf, STEPS, type Step } from './findings.ts';
import { type LoggedRun, type TaskLogs, taskLogLink } from './task-log.ts';

/** SNS refuses a subject of 100 characters or more. */
const LONGEST_SUBJECT = 99;

/** A failure as the workflow caught it. */
export const failureSchema = z.object({
  /** What Catch laid down, under the name of the step that failed. */
  failure: z.partialRecord(z.enum(STEPS), z.object({ Error: z.string(), Cause: z.string().default('') })),
  /** Of the execution; whatever somebody typed. */
  input: z.unknown(),
  execution: z.object({ id: z.string(), name: z.string(), startedAt: z.string() }),
});
export type Failure = z.infer<typeof failureSchema>;

/** The same failure in words. */
export interface Explanation {
  /** What the execution ends with; a heading of the runbook. */
  readonly error: ErrorName;
  /** What happened, in one sentence. */
  readonly cause: string;
  /** Of the mail: ASCII, no line break, under 100 characters, as SNS wants it. */
  readonly subject: string;
  /** Of the mail: what happened, what it means, what to do, and where to look. */
  readonly message: string;
  /** What was made, is still there and is billed. */
  readonly remains?: Bilingual;
  /** Where the console shows what its task said; not there where none has run. */
  readonly log?: string;
}

/**
 * Says what a failure was, what it means and what to do.
 * @param environment its name, for people who have several
 * @param logs where tasks say why they failed
 * @param what was being backed up: sets of the database, or files of Storage
 */
export function explainFailure(
  environment: string,
  caughtFailure: Failure,
  logs: TaskLogs = {},
  what: 'sets' | 'files' = 'sets',
): Explanation {
  const { failure, input, execution } = caughtFailure;
  const step = STEPS.findLast((each) => failure[each] !== undefined);
  const caught = step === undefined ? undefined : failure[step];
  const finding =
    step === undefined || caught === undefined ? unknownStep() : findingOf(step, caught.Error, caught.Cause);
  const kind = what === 'files' ? 'files backup' : kindOf(input);
  const log = taskLogLink(loggedRun(step, what), caught?.Cause ?? '', execution.id, logs);
  const message = mailText(
    environment,
    execution,
    { ...finding, means: what === 'files' ? meaningOfFiles(step) : meaning(step, finding.error) },
    log,
  );
  return {
    error: finding.error,
    cause: finding.happened,
    subject: subjectLine(`VideoPlanet Backup (${environment}): ${kind} failed, ${finding.error}`),
    message,
    ...(log === undefined ? {} : { log }),
  };
}

/** Of a mail: what happened, what it means, what to do, and where to look. */
export function mailText(
  environment: string,
  execution: Failure['execution'],
  finding: Finding & { readonly means: string },
  log: string | undefined,
): string {
  return [
    `What happened: ${finding.happened}.`,
    `What it means: ${finding.means}.`,
    `What to do: ${finding.todo}.`,
    '',
    `Environment: ${environment}`,
    ...(log === undefined ? [] : [`Log: ${log}`]),
    `Execution: ${executionLink(execution.id)}`,
    `Started: ${execution.startedAt}`,
    `Runbook: ${runbookLink(finding.error)}`,
  ].join('\n');
}

function unknownStep(): Finding {
  return {
    error: WORKFLOW_ERROR.unexpected,
    happened: 'something failed that the workflow does not name',
    todo: 'see the history of the execution',
  };
}

/** What stands and what does not, by how far the run had come. */
function meaning(step: Step | undefined, error: ErrorName): string {
  if (error === WORKFLOW_ERROR.inputInvalid)
    return 'nothing was done, and no backup is missing that a schedule makes';
  switch (step) {
    case 'verify':
      return 'there is a new set, and nobody may rely on it: the last verified set is the one before';
    case 'retention':
      return 'the new set is made and verified; sets past their time are kept, and billed, until retention runs again';
    case 'audit':
      return 'the new set is made and verified; only its record in the audit log is missing';
    default:
      return 'this slot has no backup, the last verified set is the one before; sets that exist are not touched';
  }
}

/** A run that copies files breaks off without losing what it has copied. */
function meaningOfFiles(step: Step | undefined): string {
  return step === 'audit'
    ? 'the files are copied; only the record in the audit log is missing'
    : 'not every file of Storage is in the backup as it is now; what was copied, then and before, is there, and the next run goes on from it';
}

function loggedRun(step: Step | undefined, what: 'sets' | 'files'): LoggedRun | undefined {
  if (what === 'files') return step === 'backup' ? 'files' : undefined;
  return step === 'backup' || step === 'verify' ? step : undefined;
}

function kindOf(input: unknown): string {
  const parsed = z.object({ kind: z.string() }).safeParse(input);
  return parsed.success && isKind(parsed.data.kind) ? `${parsed.data.kind} backup` : 'backup';
}

/** The execution in the console. */
export function executionLink(arn: string): string {
  const region = arn.split(':')[3];
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${arn}`;
}

/** Of a mail: what SNS takes. */
export function subjectLine(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_SUBJECT);
}
