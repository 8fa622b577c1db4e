import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeRunTimeNames } from './acknowledge-wildcards.ts';

const ROOT = join(import.meta.dirname, '..');

export interface BackupFunctionProps {
  /** Folder below `lambdas/` whose `handler.ts` is run. */
  readonly capability: string;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  /** All it may do besides writing its log. */
  readonly rights: readonly PolicyStatement[];
  readonly logRetention: RetentionDays;
  /**
   * Longest one call may take.
   * @default Duration.seconds(30) - for a function that makes a handful of calls to AWS
   */
  readonly timeout?: Duration;
}

/** One handler as a function, with what all of ours have in common. */
export class BackupFunction extends Construct {
  /** Workflows and schedules invoke it. */
  readonly function: lambda.Function;
  /** The dashboard and the runbook point here. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: BackupFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of our own: the managed policy CDK would attach lets a function write to every log of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(role);
    for (const statement of props.rights) role.addToPolicy(statement);
    acknowledgeRunTimeNames(role, props.rights);
    this.function = new NodejsFunction(this, 'Function', {
      entry: join(ROOT, 'lambdas', props.capability, 'handler.ts'),
      depsLockFilePath: join(ROOT, 'package-lock.json'),
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      // reading manifests is waiting; half a gigabyte buys a third of a core, enough to parse them
      memorySize: 512,
      timeout: props.timeout ?? Duration.seconds(30),
      environment: { ...props.environment, NODE_OPTIONS: '--enable-source-maps' },
      role,
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        sourceMap: true,
        // the SDK of the lock file, not the one the runtime happens to have
        externalModules: [],
        // what is CommonJS among the packages still asks for Node's own modules by require
        banner:
          "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
  }
}
