import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CONTAINER } from '../core/names.ts';
import { acknowledgePattern, acknowledgeRunTimeNames } from './acknowledge-wildcards.ts';

export interface EngineTaskProps {
  readonly image: ecs.ContainerImage;
  /** Units of 1/1024 vCPU, and MiB: one of the pairs Fargate knows. */
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Plain settings, by the variable's name. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Secret settings, by the variable's name. ECS hands them over; only this task's execution role may read them.
   * @default - the task is given no secret
   */
  readonly secrets?: Readonly<Record<string, ISecret>>;
  /**
   * Settings that are members of a secret's JSON, by the variable's name.
   * @default - none
   */
  readonly secretMembers?: Readonly<Record<string, { readonly secret: ISecret; readonly member: string }>>;
  /** All that the engine may do on AWS. */
  readonly rights: readonly PolicyStatement[];
  /**
   * Disk of the task.
   * @default - the 20 GiB that every task has
   */
  readonly ephemeralStorageGiB?: number;
  readonly logRetention: RetentionDays;
}

/**
 * One way to run the engine: the same image every time, with the settings, secrets and rights of one purpose. A single
 * container, for `ecs:runTask.sync` fails a run whose sidecar ends badly.
 */
export class EngineTask extends Construct {
  /** What a workflow runs. */
  readonly definition: ecs.FargateTaskDefinition;
  /** Where a workflow puts the verb and its options. */
  readonly container: ecs.ContainerDefinition;
  /** The progress lines of the runs; the dashboard and the runbook point here. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: EngineTaskProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.definition = new ecs.FargateTaskDefinition(this, 'Definition', {
      cpu: props.cpu,
      memoryLimitMiB: props.memoryMiB,
      ...(props.ephemeralStorageGiB === undefined ? {} : { ephemeralStorageGiB: props.ephemeralStorageGiB }),
      runtimePlatform: {
        cpuArchitecture: ecs.CpuArchitecture.ARM64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
      // nothing of the data is staged; this volume takes keyrings, service files and the schema archive of a restore
      volumes: [{ name: 'scratch' }],
    });
    this.container = this.definition.addContainer('Engine', {
      containerName: CONTAINER.name,
      image: props.image,
      environment: { ...props.environment, AWS_REGION: Stack.of(this).region, TMPDIR: CONTAINER.scratchDir },
      secrets: { ...secretsFor(props.secrets ?? {}), ...membersFor(props.secretMembers ?? {}) },
      user: CONTAINER.user,
      readonlyRootFilesystem: true,
      linuxParameters: new ecs.LinuxParameters(this, 'Linux', { initProcessEnabled: true }),
      // the longest Fargate allows: uploads are taken back, and the claim is released
      stopTimeout: Duration.seconds(120),
      logging: ecs.LogDrivers.awsLogs({ logGroup: this.logGroup, streamPrefix: CONTAINER.logPrefix }),
    });
    this.container.addMountPoints({
      sourceVolume: 'scratch',
      containerPath: CONTAINER.scratchDir,
      readOnly: false,
    });
    for (const statement of props.rights) this.definition.addToTaskRolePolicy(statement);
    acknowledgeRunTimeNames(this, props.rights);
    Validations.of(this.definition).acknowledge({
      id: 'AwsSolutions-ECS2',
      reason: 'Plain variables hold names and settings only; secrets come from Secrets Manager by reference.',
    });
    acknowledgePattern(
      this.definition.obtainExecutionRole(),
      '*',
      'ecr:GetAuthorizationToken, without which no image is pulled, knows no resources.',
    );
  }
}

function secretsFor(secrets: Readonly<Record<string, ISecret>>): Record<string, ecs.Secret> {
  return Object.fromEntries(
    Object.entries(secrets).map(([variable, secret]) => [variable, ecs.Secret.fromSecretsManager(secret)]),
  );
}

function membersFor(members: NonNullable<EngineTaskProps['secretMembers']>): Record<string, ecs.Secret> {
  return Object.fromEntries(
    Object.entries(members).map(([variable, { secret, member }]) => [
      variable,
      ecs.Secret.fromSecretsManager(secret, member),
    ]),
  );
}
