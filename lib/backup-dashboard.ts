import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../core/environment.ts';
import { SCHEDULED_KINDS } from '../core/kinds.ts';
import { RUNBOOK } from '../core/runbook.ts';
import { setsMetric, type Workflows } from './backup-alarms.ts';
import type { Functions } from './functions.ts';
import { ageGraphs, healthGraphs } from './health-graphs.ts';

export interface BackupDashboardProps {
  readonly config: EnvironmentConfig;
  readonly workflows: Workflows;
  readonly functions: Functions;
  readonly alarms: readonly cloudwatch.Alarm[];
  /** A row about the Supabase project; empty where nothing of one is watched. */
  readonly supabase: readonly cloudwatch.IWidget[];
  /** A row about the bill. */
  readonly costs: readonly cloudwatch.IWidget[];
}

const HALF = 12;
const HOURLY = { period: Duration.hours(1), statistic: cloudwatch.Stats.SUM };

const FUNCTIONS = [
  'plan',
  'retention',
  'monitor',
  'audit',
  'explain',
  'restorePlan',
  'thaw',
  'restoreReport',
  'integrity',
  'drillPlan',
  'drillReport',
  'slack',
] as const;

/** One page that answers whether the backups are well: alarms, ages against their limits, runs, counts. */
export class BackupDashboard extends Construct {
  /** Operators look for it by this name. */
  readonly name: string;

  constructor(scope: Construct, id: string, props: BackupDashboardProps) {
    super(scope, id);
    const { config, workflows, functions } = props;
    this.name = `videoplanet-backup-${config.name}`;
    const kinds = SCHEDULED_KINDS.filter((kind) => config.schedules[kind].enabled);
    new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: this.name,
      defaultInterval: Duration.days(7),
      widgets: [
        [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', width: 24, alarms: [...props.alarms] })],
        [guide(config.name)],
        ageGraphs(config),
        ...healthGraphs(config),
        ...(props.supabase.length === 0 ? [] : [[...props.supabase]]),
        [...props.costs],
        runs('Backup', workflows.backup),
        runs('Restore', workflows.restore),
        runs('Drill', workflows.drill),
        ...(workflows.files === undefined ? [] : [runs('Files', workflows.files)]),
        [
          new cloudwatch.GraphWidget({
            title: 'Sets in the bucket',
            width: HALF,
            left: kinds.map((kind) => setsMetric(config, kind).with({ label: kind })),
          }),
          new cloudwatch.GraphWidget({
            title: 'Errors of the functions',
            width: HALF,
            left: FUNCTIONS.map((name) => functions[name].function.metricErrors({ ...HOURLY, label: name })),
          }),
        ],
      ],
    });
  }
}

/** Where to go on from a red alarm. */
function guide(environment: string): cloudwatch.IWidget {
  return new cloudwatch.TextWidget({
    width: 24,
    height: 2,
    background: cloudwatch.TextWidgetBackground.TRANSPARENT,
    markdown:
      `Every alarm has a heading of its name in **${RUNBOOK}**, and leads there. Which set it is, and whether all is well, says ` +
      `\`npm run engine -- status --env ${environment}\`.`,
  });
}

/** How the executions of a workflow ended, and how long they took. */
function runs(name: string, workflow: StateMachine): cloudwatch.IWidget[] {
  return [
    new cloudwatch.GraphWidget({
      title: `${name} runs`,
      width: HALF,
      stacked: true,
      left: [
        workflow.metricSucceeded({ ...HOURLY, label: 'succeeded', color: cloudwatch.Color.GREEN }),
        workflow.metricFailed({ ...HOURLY, label: 'failed', color: cloudwatch.Color.RED }),
        workflow.metricTimedOut({ ...HOURLY, label: 'timed out', color: cloudwatch.Color.ORANGE }),
        workflow.metricAborted({ ...HOURLY, label: 'aborted', color: cloudwatch.Color.GREY }),
      ],
    }),
    new cloudwatch.GraphWidget({
      title: `Duration of a ${name.toLowerCase()}, milliseconds`,
      width: HALF,
      left: [
        workflow.metricTime({
          period: Duration.hours(1),
          statistic: cloudwatch.Stats.MAXIMUM,
          label: 'longest',
        }),
      ],
    }),
  ];
}
