import { z } from 'zod';
import { type AuditEvent, AWS_STATUS, auditEventSchema } from './audit.ts';

const word = auditEventSchema.shape.event;

/** An execution that somebody or a time limit ended from outside: no state of it could put that on record. */
const stoppedSchema = z.object({
  stopped: word,
  detail: z.object({
    executionArn: z.string().min(1),
    name: z.string().min(1),
    status: z.enum(['ABORTED', 'TIMED_OUT']),
    /** Milliseconds since 1970. */
    startDate: z.number(),
    stopDate: z.number().nullish(),
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

/** A call by which somebody started or stopped an execution, as CloudTrail tells of it. */
const requestedSchema = z.object({
  requested: word,
  detail: z.object({
    eventName: z.enum(['StartExecution', 'StopExecution']),
    eventTime: z.iso.datetime({ offset: true }),
    eventID: z.string().min(1),
    sourceIPAddress: z.string().optional(),
    userIdentity: z.object({
      type: z.string().optional(),
      arn: z.string().optional(),
      invokedBy: z.string().optional(),
      sessionContext: z
        .object({ sessionIssuer: z.object({ arn: z.string().optional() }).optional() })
        .optional(),
    }),
    requestParameters: z.object({ executionArn: z.string().optional() }).nullish(),
    responseElements: z.object({ executionArn: z.string().optional() }).nullish(),
  }),
});

/** What Lambda says when a function that was called without anybody waiting has ended. */
const endedSchema = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  requestContext: z.object({
    requestId: z.string().min(1),
    functionArn: z.string().min(1),
    condition: z.string(),
  }),
  requestPayload: z.unknown().optional(),
  /** Left out where no function has answered. */
  responsePayload: z.unknown().optional(),
});

/** All that the audit function is called with. */
export const auditSourceSchema = z.union([auditEventSchema, stoppedSchema, requestedSchema, endedSchema]);
export type AuditSource = z.infer<typeof auditSourceSchema>;

/** The record of what happened, whoever tells of it. */
export function auditEventOf(source: AuditSource): AuditEvent {
  if ('stopped' in source) return stopped(source);
  if ('requested' in source) return requested(source);
  if ('requestContext' in source) return ended(source);
  return source;
}

function stopped({ stopped: event, detail }: z.infer<typeof stoppedSchema>): AuditEvent {
  const { executionArn: id, name, status, startDate, stopDate, input, error, cause } = detail;
  return {
    event,
    status: status === 'ABORTED' ? AWS_STATUS.aborted : AWS_STATUS.timedOut,
    execution: { id, name, startedAt: new Date(startDate).toISOString() },
    input: inputOf(input ?? ''),
    details: { stoppedAt: typeof stopDate === 'number' ? new Date(stopDate).toISOString() : null },
    error: { error: error ?? status, cause: cause ?? 'it was ended from outside' },
  };
}

function inputOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // left out of the event where it is too long; as the text it may hold the word that confirms
    return null;
  }
}

function requested({ requested: event, detail }: z.infer<typeof requestedSchema>): AuditEvent {
  const { eventName, eventTime, eventID, userIdentity, sourceIPAddress } = detail;
  const starts = eventName === 'StartExecution';
  const id = detail.responseElements?.executionArn ?? detail.requestParameters?.executionArn ?? eventID;
  const { type, invokedBy, arn, sessionContext } = userIdentity;
  return {
    event,
    status: starts ? AWS_STATUS.startRequested : AWS_STATUS.stopRequested,
    execution: { id, name: id.slice(id.lastIndexOf(':') + 1), startedAt: eventTime },
    // CloudTrail hides it; the record of the workflow itself has it
    input: null,
    details: {
      by: {
        arn: arn ?? invokedBy ?? 'unknown',
        ...(type === undefined ? {} : { type }),
        ...(invokedBy === undefined ? {} : { invokedBy }),
        ...(sessionContext?.sessionIssuer?.arn === undefined
          ? {}
          : { role: sessionContext.sessionIssuer.arn }),
        ...(sourceIPAddress === undefined ? {} : { from: sourceIPAddress }),
      },
      cloudTrailEvent: eventID,
    },
  };
}

/** What schedules call functions with, so that their records can be filed. */
const scheduledSchema = z.object({ scheduled: word });

function ended(source: z.infer<typeof endedSchema>): AuditEvent {
  const { requestId, functionArn, condition } = source.requestContext;
  const succeeded = condition === 'Success';
  return {
    // called by a person, it has not said what it is
    event: scheduledSchema.safeParse(source.requestPayload).data?.scheduled ?? 'function',
    status: succeeded ? 'succeeded' : 'failed',
    execution: { id: `${functionArn}/${requestId}`, name: requestId, startedAt: source.timestamp },
    input: source.requestPayload,
    ...(succeeded
      ? { details: source.responsePayload }
      : {
          error: {
            error: errorName(source.responsePayload) ?? condition,
            cause: source.responsePayload ?? null,
          },
        }),
  };
}

function errorName(payload: unknown): string | undefined {
  const { errorType } = z.object({ errorType: z.string() }).safeParse(payload).data ?? {};
  return errorType;
}
