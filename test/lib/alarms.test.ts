import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { SCHEDULED_KINDS } from '../../core/kinds.ts';
import { METRIC, WORKFLOW_ERROR } from '../../core/names.ts';
import { RUNBOOK, runbookLink } from '../../core/runbook.ts';
import { resourcesOf, testStacks, testTemplates } from '../support/stacks.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** With all there is to watch: an alarm that nobody looked at is one that nobody could act on. */
const { operations } = testTemplates({
  supabase: { projectRef: 'abcdefghijklmnopqrst', drill: { organization: 'videoplanet-drills' } },
  files: { enabled: true },
});
const runbook = await readFile(join(ROOT, RUNBOOK), 'utf8');
/** Sections by heading. */
const sections = new Map(
  runbook.split(/^#+ /m).map((section) => {
    const [heading = '', ...text] = section.split('\n');
    return [heading, text.join('\n')];
  }),
);
const NAME = /^videoplanet-backup\/test\/(.+)$/;
const alarms = resourcesOf(operations, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => {
  const heading = NAME.exec(String(Properties.AlarmName))?.[1];
  if (heading === undefined) throw new Error(`${id} is called ${Properties.AlarmName}`);
  return { heading, properties: Properties };
});
const byHeading = (heading: string) => {
  const found = alarms.find((alarm) => alarm.heading === heading);
  if (found === undefined) throw new Error(`no alarm ${heading} among ${alarms.map((each) => each.heading)}`);
  return found.properties;
};

/** Dimensions that each namespace's metrics really have; an alarm on others would never have data. */
const DIMENSIONS: Readonly<Record<string, string[]>> = {
  'AWS/States': ['StateMachineArn'],
  'AWS/Lambda': ['FunctionName'],
  'AWS/SQS': ['QueueName'],
};
const ofKinds: readonly string[] = [
  METRIC.newestVerifiedAgeMinutes,
  METRIC.newestInventoryAgeMinutes,
  METRIC.sets,
  METRIC.setsMarkedExpired,
];
const dimensionsOf = (namespace: string, metric: string) => {
  if (namespace !== METRIC.namespace) return DIMENSIONS[namespace]?.toSorted();
  return [METRIC.dimensionEnvironment, ...(ofKinds.includes(metric) ? [METRIC.dimensionKind] : [])];
};

describe('the alarms', () => {
  it('are these', () => {
    expect(alarms.map(({ heading }) => heading).sort()).toEqual([
      'Audit/Failing',
      'Backup/Aborted',
      'Backup/CriticalStale',
      'Backup/DailyStale',
      'Backup/Damaged',
      'Backup/Failing',
      'Backup/ImportantStale',
      'Backup/NearTimeLimit',
      'Backup/SizeDropped',
      'Backup/SizeJumped',
      'Backup/Slow',
      'Backup/Stuck',
      'Backup/TimedOut',
      'Backup/Unverified',
      'Backup/WeeklyStale',
      'Cost/AboveCeiling',
      'Cost/Findings',
      'Cost/GuardFailing',
      'Cost/GuardNotRunning',
      'Drill/Aborted',
      'Drill/Failing',
      'Drill/ProjectLeft',
      'Drill/Stale',
      'Drill/TimedOut',
      'Explain/Failing',
      'Files/Aborted',
      'Files/Failing',
      'Files/Stale',
      'Files/TimedOut',
      'Monitor/Failing',
      'Monitor/NotRunning',
      'Pitr/NotMeasured',
      'Pitr/Off',
      'Pitr/Stale',
      'Pitr/TooShort',
      'Reaper/Failing',
      'Reaper/LeakDeleted',
      'Reaper/LeakKept',
      'Reaper/NotRunning',
      'Restore/Aborted',
      'Restore/Failing',
      'Restore/TimedOut',
      'Retention/Failing',
      'Retention/NotCompliant',
      'Retention/NotRunning',
      'Schedules/DeadLetters',
      'Slack/Failing',
      'Uploads/Stale',
    ]);
  });

  it.each(alarms)('$heading tells the topic', ({ properties }) => {
    expect(properties.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^AlertsTopic/) }]);
    expect(properties.ActionsEnabled).not.toBe(false);
  });

  it.each(alarms)(
    '$heading has a place in the runbook, with what it is, where to look and what to do',
    ({ heading }) => {
      const section = sections.get(heading);
      for (const part of ['**Description.**', '**Investigation.**', '**Resolution.**']) {
        expect(section).toContain(part);
      }
    },
  );

  it.each(alarms)('$heading leads there, and to the console', ({ heading, properties }) => {
    const description = JSON.stringify(properties.AlarmDescription);
    expect(description).toContain(`Runbook: ${runbookLink(heading)}`);
    expect(description).toMatch(/https:\/\/ap-northeast-2\.console\.aws\.amazon\.com\//);
  });

  it.each(alarms)('$heading looks at a metric that has these dimensions', ({ properties }) => {
    const dimensions = (properties.Dimensions as { Name: string }[]).map(({ Name }) => Name).sort();
    expect(dimensions).toEqual(dimensionsOf(String(properties.Namespace), String(properties.MetricName)));
  });

  it.each(alarms)('$heading can be evaluated: not longer than CloudWatch remembers', ({ properties }) => {
    const { Period, EvaluationPeriods } = properties as { Period: number; EvaluationPeriods: number };
    expect(Period * EvaluationPeriods).toBeLessThanOrEqual(Period < 3600 ? 86_400 : 7 * 86_400);
  });

  it.each(alarms)('$heading says what silence means', ({ properties }) => {
    // a state may stay as it was, where another alarm tells of silence
    expect(['breaching', 'notBreaching', 'ignore']).toContain(properties.TreatMissingData);
  });
});

describe('the age of the newest verified set', () => {
  it.each(SCHEDULED_KINDS)('of %s sets is watched, and silence is taken for the worst', (kind) => {
    const limits = { daily: 27 * 60, weekly: 7.5 * 24 * 60, important: 150, critical: 45 };
    expect(byHeading(`Backup/${kind.charAt(0).toUpperCase()}${kind.slice(1)}Stale`)).toMatchObject({
      MetricName: METRIC.newestVerifiedAgeMinutes,
      Dimensions: [
        { Name: 'Environment', Value: 'test' },
        { Name: 'Kind', Value: kind },
      ],
      Threshold: limits[kind],
      ComparisonOperator: 'GreaterThanThreshold',
      Period: 15 * 60,
      EvaluationPeriods: 2,
      TreatMissingData: 'breaching',
      OKActions: [{ Ref: expect.stringMatching(/^AlertsTopic/) }],
    });
  });

  it('is not watched for a kind whose schedule is off', () => {
    const off = { important: { enabled: false }, critical: { enabled: false } };
    const names = resourcesOf(testTemplates({ schedules: off }).operations, 'AWS::CloudWatch::Alarm').map(
      ([, { Properties }]) => Properties.AlarmName,
    );
    expect(names).toContain('videoplanet-backup/test/Backup/DailyStale');
    expect(names).not.toContain('videoplanet-backup/test/Backup/ImportantStale');
    expect(names).not.toContain('videoplanet-backup/test/Backup/CriticalStale');
  });
});

describe('the monitor', () => {
  it('is missed when it is not called for two intervals', () => {
    expect(byHeading('Monitor/NotRunning')).toMatchObject({
      MetricName: 'Invocations',
      Statistic: 'Sum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 15 * 60,
      EvaluationPeriods: 2,
      TreatMissingData: 'breaching',
    });
  });
});

describe('executions that end without a word of their own', () => {
  it.each(['Backup', 'Restore'])(
    'of %s are told of by a rule: no Catch sees that an execution was aborted or timed out',
    (workflow) => {
      operations.hasResourceProperties('AWS::Events::Rule', {
        EventPattern: {
          source: ['aws.states'],
          'detail-type': ['Step Functions Execution Status Change'],
          detail: {
            status: ['ABORTED', 'TIMED_OUT'],
            stateMachineArn: [{ Ref: Match.stringLikeRegexp(`^${workflow}StateMachine`) }],
          },
        },
        Targets: [Match.objectLike({ Arn: { Ref: Match.stringLikeRegexp('^AlertsTopic') } })],
      });
    },
  );
});

describe('an alert', () => {
  it('leads to the log of the task that failed', () => {
    operations.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          TASK_LOGS: {
            'Fn::Join': [
              '',
              Match.arrayWith([
                '{"backup":"',
                { Ref: Match.stringLikeRegexp('^EngineWriterLogs') },
                '","verify":"',
                { Ref: Match.stringLikeRegexp('^EngineVerifierLogs') },
                '","preserve":"',
                { Ref: Match.stringLikeRegexp('^EnginePreserverLogs') },
                '","restore":"',
                { Ref: Match.stringLikeRegexp('^EngineReaderLogs') },
                '","restoreInPlace":"',
                { Ref: Match.stringLikeRegexp('^EngineInPlaceReaderLogs') },
                '","restoreFiles":"',
                { Ref: Match.stringLikeRegexp('^EngineProjectsFilesReaderLogs') },
              ]),
            ],
          },
        }),
      },
    });
  });

  it('that would go to an address nobody has is spoken of at synth', () => {
    const said = (alertEmails: string[]) =>
      Annotations.fromStack(testStacks({ alertEmails }).operations)
        .findInfo('*', Match.anyValue())
        .map(({ entry }) => String(entry.data));
    expect(said(['team@videoplanet.example'])).toEqual([
      expect.stringContaining('go to team@videoplanet.example, which nobody has'),
    ]);
    expect(said(['team@videoplanet.com'])).toEqual([]);
  });
});

describe('the topic', () => {
  it('takes what alarms and the budget of this account publish, over TLS; the rule publishes by a role of its own', () => {
    const policies = resourcesOf(operations, 'AWS::SNS::TopicPolicy').map(([, { Properties }]) => Properties);
    const statements = policies.flatMap(
      ({ PolicyDocument }) => (PolicyDocument as { Statement: Record<string, unknown>[] }).Statement,
    );
    const publishers = statements
      .filter(({ Effect }) => Effect === 'Allow')
      .map(({ Principal, Condition }) => [(Principal as { Service: string }).Service, Condition]);
    // a service without a condition would be that service in every account
    expect(publishers).toEqual([
      ['cloudwatch.amazonaws.com', { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } }],
      ['budgets.amazonaws.com', { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } }],
    ]);
    const rules = resourcesOf(operations, 'AWS::Events::Rule').filter(([id]) => id.startsWith('Stopped'));
    expect(rules.length).toBeGreaterThan(3);
    for (const [, { Properties }] of rules)
      expect(Properties.Targets).toEqual([
        expect.objectContaining({ RoleArn: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } }),
      ]);
    expect(statements).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  });

  it('has every address as a subscriber', () => {
    const { operations: two } = testTemplates({ alertEmails: ['a@b.example', 'c@d.example'] });
    const subscribers = resourcesOf(two, 'AWS::SNS::Subscription').map(([, { Properties }]) => [
      Properties.Protocol,
      Properties.Endpoint,
    ]);
    expect(subscribers.sort()).toEqual([
      ['email', 'a@b.example'],
      ['email', 'c@d.example'],
    ]);
  });
});

describe('the runbook', () => {
  it.each(Object.values(WORKFLOW_ERROR))('has a heading for the error %s', (error) => {
    for (const part of ['**Description.**', '**Investigation.**', '**Resolution.**']) {
      expect(sections.get(error)).toContain(part);
    }
  });

  it('has no two headings with one address, and no alarm that there is not', () => {
    const links = [...sections.keys()].map(runbookLink);
    expect(new Set(links).size).toBe(links.length);
    const named = [...sections.keys()].filter((heading) => heading.includes('/'));
    expect(named.sort()).toEqual(alarms.map(({ heading }) => heading).sort());
  });
});

describe('the dashboard', () => {
  it('shows every alarm, and the age of every kind against its limit', () => {
    const dashboards = resourcesOf(operations, 'AWS::CloudWatch::Dashboard');
    expect(dashboards.map(([, { Properties }]) => Properties.DashboardName)).toEqual([
      'videoplanet-backup-test',
    ]);
    const body = JSON.stringify(dashboards);
    for (const [id] of resourcesOf(operations, 'AWS::CloudWatch::Alarm')) expect(body).toContain(id);
    for (const kind of SCHEDULED_KINDS) expect(body).toContain(`Age of the newest verified ${kind} set`);
    expect(body).toContain(RUNBOOK);
    for (const figure of [METRIC.setsDamaged, METRIC.smallestSizeRatio, METRIC.longestShareOfTimeLimit])
      expect(body).toContain(figure);
    // the RPO and the limit of the alarm, beside the age
    for (const value of [15, 45]) expect(body).toMatch(new RegExp(`"value\\\\":${value},`));
  });
});
