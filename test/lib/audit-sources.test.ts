import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { resourcesOf, testTemplates } from '../support/stacks.ts';

const { operations } = testTemplates();
const AUDIT = { 'Fn::GetAtt': [expect.stringMatching(/^FunctionsAuditFunction/), 'Arn'] };

/** Rules whose target is the audit function, by what they hand over. */
const rules = resourcesOf(operations, 'AWS::Events::Rule').flatMap(([, { Properties }]) => {
  const [target] = Properties.Targets as { Arn: unknown; InputTransformer?: { InputTemplate: unknown } }[];
  const template = target?.InputTransformer?.InputTemplate;
  return typeof template === 'string' && template.startsWith('{"') ? [{ template, Properties, target }] : [];
});

describe('what no workflow can put on record itself', () => {
  it.each(['backup', 'restore', 'drill'])('of the %s workflow reaches the audit function', (event) => {
    for (const [what, pattern] of [
      ['stopped', { 'detail-type': ['Step Functions Execution Status Change'] }],
      ['requested', { 'detail-type': ['AWS API Call via CloudTrail'] }],
    ] as const) {
      const template = `{"${what}":"${event}","detail":<detail>}`;
      const found = rules.find((rule) => rule.template === template);
      expect(found?.target, template).toMatchObject({
        Arn: AUDIT,
        InputTransformer: { InputPathsMap: { detail: '$.detail' } },
      });
      expect(found?.Properties).toMatchObject({ State: 'ENABLED', EventPattern: pattern });
    }
  });

  it('is told of calls that started or stopped something, and not of refused ones', () => {
    const asked = rules.filter(({ template }) => template.startsWith('{"requested"'));
    for (const { Properties } of asked)
      expect(Properties.EventPattern).toMatchObject({
        detail: {
          errorCode: [{ exists: false }],
          $or: [
            { eventName: ['StartExecution'], requestParameters: { stateMachineArn: [expect.anything()] } },
            {
              eventName: ['StopExecution'],
              requestParameters: { executionArn: [{ prefix: expect.anything() }] },
            },
          ],
        },
      });
  });

  it('is what functions did that schedules call, and whether they failed', () => {
    operations.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^FunctionsRetentionFunction') },
      DestinationConfig: {
        OnSuccess: {
          Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FunctionsAuditFunction'), 'Arn'] },
        },
        OnFailure: {
          Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FunctionsAuditFunction'), 'Arn'] },
        },
      },
    });
    operations.hasResourceProperties('AWS::Scheduler::Schedule', {
      Target: { Input: '{"scheduled":"retention"}' },
    });
  });
});
