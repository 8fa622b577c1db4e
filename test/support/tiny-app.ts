import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Effect, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';

export const TINY_MACHINE = 'tiny';

/** A handler that does what its event says. */
const HANDLER = `
export const handler = async (event) => {
  if (event.throw) throw Object.assign(new Error('thrown on purpose'), { name: event.throw });
  if (event.exit) process.exit(event.exit);
  if (event.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs));
  console.log('printed by the handler');
  return event.look === 'environment' ? process.env : { saw: event };
};`;

/** What a test may change of the app. */
export interface TinyOptions {
  /** States of the machine; it is built from what the app has. */
  readonly machine: (app: TinyApp) => sfn.IChainable;
  readonly machineTimeout?: Duration;
  /** Whether the execution role may read the container's secret. Default: it may. */
  readonly maySeeSecret?: boolean;
}

/** What states can use. */
export interface TinyApp {
  readonly stack: Stack;
  readonly bucket: Bucket;
  readonly topic: Topic;
  readonly function: lambda.Function;
  /** A task that runs a shell command taken from `$.command`. */
  task(id: string, props?: Partial<tasks.EcsRunTaskJsonPathProps>): tasks.EcsRunTask;
  invoke(id: string, payload: sfn.TaskInput): tasks.LambdaInvoke;
}

/** Synthesizes two stacks with one of each thing the local cloud plays. @returns the cloud assembly */
export async function synthesizeTiny(options: TinyOptions): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), 'vpb-tiny-'));
  const code = join(outdir, 'code');
  await mkdir(code);
  await writeFile(join(code, 'index.mjs'), HANDLER);
  const app = new App({ outdir: join(outdir, 'cdk.out') });
  const vault = new Stack(app, 'TinyVault');
  const bucket = new Bucket(vault, 'Bucket', { versioned: true, enforceSSL: true });
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'NobodyDeletes',
      effect: Effect.DENY,
      principals: [new StarPrincipal()],
      actions: ['s3:DeleteObject'],
      resources: [bucket.arnForObjects('*')],
    }),
  );
  const secret = new CfnSecret(vault, 'Secret', { name: 'tiny/password' });
  new CfnOutput(vault, 'BucketName', { value: bucket.bucketName });
  const stack = new Stack(app, 'TinyOperations');
  const tiny = tinyApp(stack, bucket, secret, code, options.maySeeSecret ?? true);
  new sfn.StateMachine(stack, 'Machine', {
    stateMachineName: TINY_MACHINE,
    definitionBody: sfn.DefinitionBody.fromChainable(options.machine(tiny)),
    ...(options.machineTimeout === undefined ? {} : { timeout: options.machineTimeout }),
  });
  return app.synth().directory;
}

function tinyApp(
  stack: Stack,
  bucket: Bucket,
  secret: CfnSecret,
  code: string,
  maySeeSecret: boolean,
): TinyApp {
  const vpc = new Vpc(stack, 'Vpc', { natGateways: 0, maxAzs: 1 }) as IVpc;
  const cluster = new ecs.Cluster(stack, 'Cluster', { vpc }) as ecs.ICluster;
  const definition = new ecs.FargateTaskDefinition(stack, 'Definition', { volumes: [{ name: 'scratch' }] });
  const password = Secret.fromSecretCompleteArn(stack, 'Password', secret.ref);
  const container = definition.addContainer('Shell', {
    image: ecs.ContainerImage.fromRegistry('debian:13'),
    environment: { BUCKET: bucket.bucketName, TMPDIR: '/scratch/tmp' },
    secrets: { PASSWORD: ecs.Secret.fromSecretsManager(password) },
    stopTimeout: Duration.seconds(5),
  });
  container.addMountPoints({ sourceVolume: 'scratch', containerPath: '/scratch', readOnly: false });
  if (!maySeeSecret) {
    definition.executionRole?.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ['secretsmanager:GetSecretValue'],
        resources: [secret.ref],
      }),
    );
  }
  const aFunction = new lambda.Function(stack, 'Function', {
    runtime: lambda.Runtime.NODEJS_24_X,
    code: lambda.Code.fromAsset(code),
    handler: 'index.handler',
    timeout: Duration.seconds(2),
    environment: { BUCKET: bucket.bucketName },
  });
  return {
    stack,
    bucket,
    function: aFunction,
    topic: new Topic(stack, 'Topic'),
    task: (id, props) =>
      tasks.EcsRunTask.jsonPath(stack, id, {
        integrationPattern: sfn.IntegrationPattern.RUN_JOB,
        cluster,
        taskDefinition: definition,
        launchTarget: new tasks.EcsFargateLaunchTarget(),
        assignPublicIp: true,
        containerOverrides: [{ containerDefinition: container, command: sfn.JsonPath.listAt('$.command') }],
        ...props,
      }),
    invoke: (id, payload) => tasks.LambdaInvoke.jsonPath(stack, id, { lambdaFunction: aFunction, payload }),
  };
}
