import { Duration, Fn, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { EnvironmentConfig } from '../core/environment.ts';
import { Alerts } from './alerts.ts';
import { AuditSources } from './audit-sources.ts';
import { BackupAlarms } from './backup-alarms.ts';
import { BackupDashboard } from './backup-dashboard.ts';
import { BackupSchedules } from './backup-schedules.ts';
import { BackupWorkflow } from './backup-workflow.ts';
import { CostGuard } from './cost-guard.ts';
import { DrillCleanUp } from './drill-clean-up.ts';
import { DrillSwitch } from './drill-switch.ts';
import { DrillWorkflow } from './drill-workflow.ts';
import { engineImage } from './engine-image.ts';
import { EngineTasks } from './engine-tasks.ts';
import { FilesWorkflow } from './files-workflow.ts';
import { Functions } from './functions.ts';
import { HealthAlarms } from './health-alarms.ts';
import { Network } from './network.ts';
import { operatorOutputs } from './operator-outputs.ts';
import { RestoreWorkflow } from './restore-workflow.ts';
import { SlackNotices } from './slack-notices.ts';
import { SlackOutlet } from './slack-outlet.ts';
import { stateMachineAddress } from './state-machine-address.ts';
import { StoppedExecutions } from './stopped-executions.ts';
import { SupabaseWatch, type SupabaseWatchProps } from './supabase-watch.ts';
import type { VaultStack } from './vault-stack.ts';

export interface OperationsStackProps extends StackProps {
  readonly config: EnvironmentConfig;
  readonly vault: Pick<VaultStack, 'bucket' | 'secrets' | 'supabaseSecrets'>;
}

/** What works on the vault: everything in it can be deleted and deployed again without touching a backup. */
export class OperationsStack extends Stack {
  constructor(scope: Construct, id: string, props: OperationsStackProps) {
    super(scope, id, props);
    const { config, vault } = props;
    const logRetention = config.logRetentionDays;
    const alerts = new Alerts(this, 'Alerts', { environment: config.name, emails: config.alertEmails });
    const network = new Network(this, 'Network', {
      flowLogs: new LogGroup(this, 'FlowLogs', {
        retention: logRetention,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    const cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ecs.ContainerInsights.DISABLED,
    }) as ecs.ICluster;
    Validations.of(cluster).acknowledge({
      id: 'AwsSolutions-ECS4',
      reason:
        'Container Insights bills some forty custom metrics at $0.30 each a month, several times what the tasks cost; ' +
        'the engine logs what it did and how long it took, and a task killed for memory is explained in the alert.',
    });
    const tasks = new EngineTasks(this, 'Engine', {
      bucket: vault.bucket,
      secrets: vault.secrets,
      supabase:
        config.supabase === undefined || vault.supabaseSecrets === undefined
          ? undefined
          : { secrets: vault.supabaseSecrets, projectRef: config.supabase.projectRef },
      backsUpFiles: config.files.enabled,
      image: engineImage(),
      size: config.task,
      drill: config.drill,
      engine: config.engine,
      logRetention,
    });
    const backupAddress = stateMachineAddress(this, config.name, 'backup');
    const restoreAddress = stateMachineAddress(this, config.name, 'restore');
    const drillSwitch = new DrillSwitch(this, 'Drills', { environment: config.name });
    const outlet = new SlackOutlet(this, 'SlackOutlet', {
      config,
      webhookUrl: vault.secrets.slackWebhookUrl,
      topic: alerts.topic,
    });
    const functions = new Functions(this, 'Functions', {
      bucket: vault.bucket,
      secrets: vault.secrets,
      supabaseSecrets: vault.supabaseSecrets,
      config,
      backupWorkflow: backupAddress,
      restoreWorkflow: restoreAddress,
      drillSwitch,
      outlet,
      taskLogs: tasks.logs,
      logRetention,
    });
    const { restore: restoreMinutes, ...kindMinutes } = config.task.timeoutMinutes;
    const shared = { cluster, network, tasks, functions, topic: alerts.topic, logRetention };
    const { stateMachine: backup } = new BackupWorkflow(this, 'Backup', {
      ...shared,
      address: backupAddress,
      longestTask: Duration.minutes(Math.max(...Object.values(kindMinutes))),
    });
    const { stateMachine: restore } = new RestoreWorkflow(this, 'Restore', {
      ...shared,
      address: restoreAddress,
      longestTask: Duration.minutes(restoreMinutes),
    });
    const files =
      tasks.files &&
      new FilesWorkflow(this, 'Files', {
        ...shared,
        address: stateMachineAddress(this, config.name, 'files'),
        task: tasks.files,
        timeoutMinutes: config.files.timeoutMinutes,
      }).stateMachine;
    const { stateMachine: drill } = new DrillWorkflow(this, 'Drill', {
      ...shared,
      address: stateMachineAddress(this, config.name, 'drill'),
      task: tasks.drill,
      projectTask: tasks.projects?.drill,
      timeoutMinutes: config.drill.timeoutMinutes,
    });
    const workflows = { backup, restore, drill, ...(files === undefined ? {} : { files }) };
    const { deadLetters } = new BackupSchedules(this, 'Schedules', {
      ...config,
      ...functions,
      workflow: backup,
      drill,
      ...(files === undefined ? {} : { filesRun: { workflow: files, cron: config.files.cron } }),
    });
    if (functions.supabase?.drill !== undefined)
      new DrillCleanUp(this, 'DrillCleanUp', {
        ...{ workflow: drill, cleanUp: functions.supabase.drill.cleanUp, deadLetters },
      });
    new StoppedExecutions(this, 'Stopped', { environment: config.name, workflows, topic: alerts.topic });
    const watched = { config, workflows, functions };
    const alarms = new BackupAlarms(this, 'Alarms', { ...watched, deadLetters, topic: alerts.topic });
    const health = new HealthAlarms(this, 'Health', { config, functions, topic: alerts.topic });
    const supabase = this.watchSupabase(props, { deadLetters, topic: alerts.topic });
    const { audit, retention } = functions;
    const costs = new CostGuard(this, 'Cost', {
      ...{ config, cluster, drillSwitch, audit, outlet, deadLetters, topic: alerts.topic },
      bucket: vault.bucket,
    });
    new SlackNotices(this, 'SlackNotices', { config, slack: functions.slack, workflows, deadLetters });
    new AuditSources(this, 'AuditSources', { audit, workflows, retention, reaper: supabase?.reaper });
    const dashboard = new BackupDashboard(this, 'Dashboard', {
      ...watched,
      alarms: [...alarms.all, ...health.all, ...(supabase?.alarms ?? []), ...costs.alarms],
      costs: costs.widgets,
      supabase: supabase?.widgets ?? [],
    });
    operatorOutputs(this, {
      workflows,
      cluster,
      tasks,
      topic: alerts.topic,
      deadLetters,
      drillSwitch: drillSwitch.parameter,
      dashboard: dashboard.name,
    });
  }

  /** What there is to watch is in the settings; without them there is not even a token. */
  private watchSupabase(
    { config, vault }: OperationsStackProps,
    told: Pick<SupabaseWatchProps, 'deadLetters' | 'topic'>,
  ): SupabaseWatch | undefined {
    const { supabase: settings } = config;
    const token = vault.secrets.supabaseAccessToken;
    if (settings === undefined || token === undefined) return undefined;
    if (!settings.pitr.watch && settings.drill === undefined) return undefined;
    return new SupabaseWatch(this, 'Supabase', { ...told, config, settings, token });
  }

  /** Zones by function, not by look-up: a template is made without asking AWS anything. */
  override get availabilityZones(): string[] {
    return [0, 1].map((index) => Fn.select(index, Fn.getAzs()));
  }
}
