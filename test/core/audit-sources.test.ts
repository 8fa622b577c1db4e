import { describe, expect, it } from 'vitest';
import { auditKey, auditText } from '../../core/audit.ts';
import { auditEventOf, auditSourceSchema } from '../../core/audit-sources.ts';

const ARN = 'arn:aws:states:ap-northeast-2:123456789012:execution:restore:run-1';
const read = (event: unknown) => auditEventOf(auditSourceSchema.parse(event));

describe('what the audit function is called with', () => {
  it('by a workflow is the record itself', () => {
    const event = {
      event: 'backup',
      status: 'succeeded',
      execution: { id: ARN, name: 'run-1', startedAt: '2026-11-24T02:00:00Z' },
      input: {},
      details: { setId: 'x' },
    };
    expect(read(event)).toEqual(event);
  });

  it('of an execution that was ended from outside says when and how, without the word that confirms', () => {
    const detail = {
      executionArn: ARN,
      name: 'run-1',
      status: 'TIMED_OUT',
      startDate: Date.parse('2026-11-24T02:00:00.250Z'),
      stopDate: Date.parse('2026-11-24T08:00:00Z'),
      input: '{"mode":"full","confirm":"shop"}',
      error: null,
      cause: null,
      output: null,
    };
    const record = read({ stopped: 'restore', detail });
    expect(record).toMatchObject({
      event: 'restore',
      status: 'timed-out',
      execution: { id: ARN, name: 'run-1', startedAt: '2026-11-24T02:00:00.250Z' },
      details: { stoppedAt: '2026-11-24T08:00:00.000Z' },
      error: { error: 'TIMED_OUT' },
    });
    expect(auditText(record, new Date())).not.toContain('shop');
    for (const input of [null, undefined, '{"confirm":"sh']) {
      const cut = read({ stopped: 'restore', detail: { ...detail, input, status: 'ABORTED' } });
      expect([cut.status, cut.input]).toEqual(['aborted', null]);
    }
  });

  it('of a start says who asked for it: a person by a role, or a schedule', () => {
    const detail = {
      eventName: 'StartExecution',
      eventTime: '2026-11-24T02:00:00Z',
      eventID: '11111111-2222-3333-4444-555555555555',
      sourceIPAddress: '203.0.113.7',
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::123456789012:assumed-role/Operator/kim',
        accessKeyId: 'ASIAEXAMPLE',
        sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::123456789012:role/Operator' } },
      },
      requestParameters: { stateMachineArn: 'arn:x', input: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
      responseElements: { executionArn: ARN, startDate: 'Nov 24, 2026, 2:00:00 AM' },
    };
    const record = read({ requested: 'restore', detail });
    expect(record).toEqual({
      event: 'restore',
      status: 'start-requested',
      execution: { id: ARN, name: 'run-1', startedAt: '2026-11-24T02:00:00Z' },
      input: null,
      details: {
        by: {
          arn: 'arn:aws:sts::123456789012:assumed-role/Operator/kim',
          type: 'AssumedRole',
          role: 'arn:aws:iam::123456789012:role/Operator',
          from: '203.0.113.7',
        },
        cloudTrailEvent: detail.eventID,
      },
    });
    expect(JSON.stringify(record)).not.toContain('ASIA');
    const service = { type: 'AWSService', invokedBy: 'scheduler.amazonaws.com' };
    const stop = {
      ...detail,
      eventName: 'StopExecution',
      userIdentity: service,
      requestParameters: { executionArn: ARN },
      responseElements: null,
    };
    expect(read({ requested: 'restore', detail: stop })).toMatchObject({
      status: 'stop-requested',
      execution: { name: 'run-1' },
      details: { by: { arn: 'scheduler.amazonaws.com', invokedBy: 'scheduler.amazonaws.com' } },
    });
  });

  it('of a function that ended by itself says what it did, or why it failed', () => {
    const context = { requestId: 'e4b46cbf', functionArn: 'arn:aws:lambda:x:1:function:f:$LATEST' };
    const ended = {
      version: '1.0',
      timestamp: '2026-11-24T20:30:00.000Z',
      requestContext: { ...context, condition: 'Success', approximateInvokeCount: 1 },
      requestPayload: { scheduled: 'retention' },
      responseContext: { statusCode: 200, executedVersion: '$LATEST' },
      responsePayload: { marked: 2, markedIds: ['a', 'b'] },
    };
    const record = read(ended);
    expect(record).toMatchObject({ event: 'retention', status: 'succeeded', details: { marked: 2 } });
    expect(auditKey(record)).toBe('audit/2026/11/24/203000Z-retention-e4b46cbf-succeeded.json');
    const failed = {
      ...ended,
      requestContext: { ...context, condition: 'RetriesExhausted' },
      requestPayload: {},
      responsePayload: { errorType: 'RetentionFailed', errorMessage: 'S3 failed' },
    };
    expect(read(failed)).toMatchObject({
      event: 'function',
      status: 'failed',
      error: { error: 'RetentionFailed', cause: { errorMessage: 'S3 failed' } },
    });
    const silent = { ...failed, responsePayload: undefined };
    expect(read(silent)).toMatchObject({ error: { error: 'RetriesExhausted', cause: null } });
  });
});
