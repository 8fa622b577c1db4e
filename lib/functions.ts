import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../core/environment.ts';
import type { TaskLogNames } from '../core/failure/task-log.ts';
import { expectationsOf } from '../core/health/expectations.ts';
import { ENV, LAMBDA_ENV } from '../core/names.ts';
import { BackupFunction } from './backup-function.ts';
import type { BackupSecrets } from './backup-secrets.ts';
import {
  auditRights,
  catalogRights,
  evidenceRights,
  inventoryRights,
  markRights,
  openUploadRights,
  reportRights,
  thawRights,
} from './bucket-rights.ts';
import type { DrillSwitch } from './drill-switch.ts';
import { readSecretsRight } from './secret-rights.ts';
import type { SlackOutlet } from './slack-outlet.ts';
import type { StateMachineAddress } from './state-machine-address.ts';
import { SupabaseFunctions } from './supabase-functions.ts';
import type { SupabaseSecrets } from './supabase-secrets.ts';

export interface FunctionsProps {
  readonly bucket: IBucket;
  readonly secrets: Pick<BackupSecrets, 'databaseUrl' | 'targetDatabaseUrl' | 'supabaseAccessToken'>;
  /**
   * Of Supabase projects.
   * @default - the database is none
   */
  readonly supabaseSecrets?: SupabaseSecrets | undefined;
  readonly config: EnvironmentConfig;
  /** The workflow that `plan` looks at; by address, for the workflow itself holds `plan`. */
  readonly backupWorkflow: StateMachineAddress;
  /** The same for `restorePlan`. */
  readonly restoreWorkflow: StateMachineAddress;
  /** `drillPlan` reads whether drills are off. */
  readonly drillSwitch: DrillSwitch;
  /** What telling people in Slack needs. */
  readonly outlet: SlackOutlet;
  /** Names of the log groups that tasks write to, by the step that runs them. */
  readonly taskLogs: TaskLogNames;
  readonly logRetention: RetentionDays;
}

/** The small decisions and records around the engine, each a function with the rights of its own purpose. */
export class Functions extends Construct {
  /** Validates what started the workflow, and says which commands it runs. */
  readonly plan: BackupFunction;
  /** Marks what lifecycle may expire (spec P10). */
  readonly retention: BackupFunction;
  /** Measures the health of the backups (spec M1). */
  readonly monitor: BackupFunction;
  /** Writes the audit copy that survives the database (spec M4). */
  readonly audit: BackupFunction;
  /** Turns an error of a state into a name, a cause and a message for people. */
  readonly explain: BackupFunction;
  /** Validates what started a restore, chooses its set, and says what the states of the workflow do. */
  readonly restorePlan: BackupFunction;
  /** Makes archived sets readable, and says how long that takes (spec R8). */
  readonly thaw: BackupFunction;
  /** Reads what a run of the engine said of itself. */
  readonly restoreReport: BackupFunction;
  /** Validates what started a drill, and says what the engine does. */
  readonly drillPlan: BackupFunction;
  /** Reads what a drill said of itself. */
  readonly drillReport: BackupFunction;
  /** Checks the rules of the data after a restore. */
  readonly integrity: BackupFunction;
  /** Tells people in Slack (spec M2). */
  readonly slack: BackupFunction;
  /** What asks Supabase; nothing where the database is no project of it. */
  readonly supabase?: SupabaseFunctions;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { bucket, config, backupWorkflow } = props;
    const common = { logRetention: props.logRetention };
    const environment = { [LAMBDA_ENV.environment]: config.name };
    const withBucket = { ...environment, [ENV.bucket]: bucket.bucketName };
    const { restore: restoreMinutes, ...ofKinds } = config.task.timeoutMinutes;
    this.plan = new BackupFunction(this, 'Plan', {
      ...common,
      capability: 'backup-plan',
      description: 'Checks the input of a backup and says which commands the engine runs',
      environment: {
        ...withBucket,
        [LAMBDA_ENV.backupStateMachineArn]: backupWorkflow.arn,
        [LAMBDA_ENV.taskTimeoutMinutes]: JSON.stringify(ofKinds),
      },
      rights: [...runningExecutionsRights(backupWorkflow), ...catalogRights(bucket)],
    });
    this.retention = new BackupFunction(this, 'Retention', {
      ...common,
      capability: 'retention',
      description: 'Marks the sets that may expire, never the last verified ones',
      environment: { ...withBucket, [LAMBDA_ENV.policy]: JSON.stringify(config.policy) },
      rights: [...catalogRights(bucket), ...markRights(bucket)],
      // every object of an expired set is tagged by a request of its own
      timeout: Duration.minutes(15),
    });
    this.monitor = new BackupFunction(this, 'Monitor', {
      ...common,
      capability: 'backup-monitor',
      description: 'Measures the health of the backups, from what lies in the bucket alone',
      environment: { ...withBucket, [LAMBDA_ENV.expectations]: JSON.stringify(expectationsOf(config)) },
      rights: [
        ...catalogRights(bucket),
        ...openUploadRights(bucket),
        ...evidenceRights(bucket),
        ...(config.files.enabled ? inventoryRights(bucket) : []),
      ],
      // some forty small requests for each kind, and more the longer nothing was verified
      timeout: Duration.minutes(5),
    });
    this.audit = new BackupFunction(this, 'Audit', {
      ...common,
      capability: 'audit',
      description: 'Adds a record to the audit copy in the bucket',
      environment: withBucket,
      rights: auditRights(bucket),
    });
    this.explain = new BackupFunction(this, 'Explain', {
      ...common,
      capability: 'explain-failure',
      description: 'Says in words what failed, what it means and what to do',
      environment: { ...environment, [LAMBDA_ENV.taskLogs]: JSON.stringify(props.taskLogs) },
      rights: [],
    });
    this.restorePlan = new BackupFunction(this, 'RestorePlan', {
      ...common,
      capability: 'restore-plan',
      description: 'Checks the input of a restore, chooses the set and says what the workflow does',
      environment: {
        ...withBucket,
        [LAMBDA_ENV.restoreStateMachineArn]: props.restoreWorkflow.arn,
        [LAMBDA_ENV.restoreTimeoutMinutes]: String(restoreMinutes),
        ...projectSettings(config.supabase),
      },
      rights: [...runningExecutionsRights(props.restoreWorkflow), ...catalogRights(bucket)],
      // two small requests for each set there is
      timeout: Duration.minutes(5),
    });
    this.thaw = new BackupFunction(this, 'Thaw', {
      ...common,
      capability: 'restore-thaw',
      description: 'Asks S3 for archived objects of sets, and says how long they take',
      environment: withBucket,
      rights: thawRights(bucket),
      // two small requests for each object there is
      timeout: Duration.minutes(5),
    });
    this.restoreReport = new BackupFunction(this, 'RestoreReport', {
      ...common,
      capability: 'restore-report',
      description: 'Reads what a run of the engine said of itself',
      environment: withBucket,
      rights: reportRights(bucket),
    });
    this.drillPlan = new BackupFunction(this, 'DrillPlan', {
      ...common,
      capability: 'drill-plan',
      description: 'Checks the input of a drill and says what the engine does',
      environment: {
        ...environment,
        [LAMBDA_ENV.drillSwitch]: props.drillSwitch.parameter.parameterName,
        [LAMBDA_ENV.drillTarget]: config.drill.target,
        [LAMBDA_ENV.drillTimeoutMinutes]: String(config.drill.timeoutMinutes),
        [LAMBDA_ENV.language]: config.language,
        ...(config.supabase?.drill === undefined
          ? {}
          : {
              [LAMBDA_ENV.supabaseDrill]: JSON.stringify({
                organization: config.supabase.drill.organization,
              }),
            }),
      },
      rights: [props.drillSwitch.readRight()],
    });
    this.drillReport = new BackupFunction(this, 'DrillReport', {
      ...common,
      capability: 'drill-report',
      description: 'Reads what a drill said of itself',
      environment: withBucket,
      rights: reportRights(bucket),
    });
    // not in the network of the tasks: there nothing has a public IPv4 address but what asks for one, and a function cannot
    const { databaseUrl, targetDatabaseUrl, supabaseAccessToken: token } = props.secrets;
    const newProject = props.supabaseSecrets?.newProject;
    this.integrity = new BackupFunction(this, 'Integrity', {
      ...common,
      capability: 'integrity-check',
      description: 'Compares the rows of a database with its foreign keys and the configured rules',
      environment: {
        ...environment,
        [LAMBDA_ENV.databaseSecretArn]: databaseUrl.secretArn,
        [LAMBDA_ENV.targetDatabaseSecretArn]: targetDatabaseUrl.secretArn,
        ...(newProject === undefined ? {} : { [LAMBDA_ENV.newProjectSecretArn]: newProject.secretArn }),
        [LAMBDA_ENV.integrity]: JSON.stringify(config.engine.integrity),
      },
      rights: [
        readSecretsRight('ReadConnectionStrings', [
          databaseUrl,
          targetDatabaseUrl,
          ...(newProject === undefined ? [] : [newProject]),
        ]),
      ],
      // the longest there is; the check itself ends two minutes sooner and says what it did not get to
      timeout: Duration.minutes(15),
    });
    this.slack = new BackupFunction(this, 'Slack', {
      ...common,
      capability: 'slack-alert',
      description: 'Tells people in Slack, in the language of the environment',
      environment: { ...environment, ...props.outlet.environment },
      rights: props.outlet.rights,
      // Slack is asked for 20 s at most, the table and the topic for some seconds each; the workflow waits for a minute
      timeout: Duration.seconds(55),
    });
    // it has asked Slack three times and mailed what Slack did not take: once more would be told twice
    this.slack.function.configureAsyncInvoke({ retryAttempts: 0 });
    if (config.supabase !== undefined && token !== undefined && props.supabaseSecrets !== undefined)
      this.supabase = new SupabaseFunctions(this, 'Supabase', {
        ...common,
        config,
        settings: config.supabase,
        token,
        secrets: props.supabaseSecrets,
      });
  }
}

/** Which modes a restore may have goes by them. */
function projectSettings(supabase: EnvironmentConfig['supabase']): Record<string, string> {
  if (supabase === undefined) return {};
  const { projectRef, newProjects } = supabase;
  return {
    [LAMBDA_ENV.supabaseProjectRef]: projectRef,
    ...(newProjects === undefined ? {} : { [LAMBDA_ENV.newProjects]: JSON.stringify(newProjects) }),
  };
}

function runningExecutionsRights({ arn, executionArns }: StateMachineAddress): PolicyStatement[] {
  return [
    new PolicyStatement({ sid: 'ListRuns', actions: ['states:ListExecutions'], resources: [arn] }),
    new PolicyStatement({
      sid: 'ReadRuns',
      actions: ['states:DescribeExecution'],
      resources: [executionArns],
    }),
  ];
}
