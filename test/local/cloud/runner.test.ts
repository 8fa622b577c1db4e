import { DeleteObjectCommand, GetBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Duration } from 'aws-cdk-lib';
import { PropagatedTagSource } from 'aws-cdk-lib/aws-ecs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCloud, startCloud } from '../../../local/cloud/cloud.ts';
import type { SecretValues } from '../../../local/cloud/deploy.ts';
import type { ExecutionOptions, ExecutionResult } from '../../../local/cloud/execution.ts';
import { type LocalS3, startS3 } from '../../../local/s3.ts';
import { synthesizeTiny, TINY_MACHINE, type TinyApp, type TinyOptions } from '../../support/tiny-app.ts';

let s3: LocalS3;
const started: LocalCloud[] = [];
beforeAll(async () => {
  s3 = await startS3();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((cloud) => cloud.stop()));
  await fetch(`${s3.endpoint}/moto-api/reset`, { method: 'POST' });
});
afterAll(() => s3.stop());

interface Deployed {
  readonly cloud: LocalCloud;
  run(input: unknown, options?: ExecutionOptions): Promise<ExecutionResult>;
}

async function deployTiny(
  options: TinyOptions,
  secrets: SecretValues = { PASSWORD: 'open sesame' },
): Promise<Deployed> {
  const cloud = await startCloud({
    assembly: await synthesizeTiny(options),
    s3,
    secrets,
    startImage: ({ command, environment, mounts }) => ({
      file: '/bin/sh',
      args: ['-c', ...command],
      env: { PATH: '/usr/bin:/bin', ...environment, MOUNTED: mounts['/scratch'] ?? '' },
    }),
  });
  started.push(cloud);
  return { cloud, run: (input, more) => cloud.start(TINY_MACHINE, input, more).result };
}

const shell = (command: string) => ({ command: [command] });
const oneTask: TinyOptions = { machine: (app) => app.task('Task') };
const oneCall: TinyOptions = { machine: (app) => app.invoke('Call', sfn.TaskInput.fromJsonPathAt('$')) };

describe('a function', () => {
  it('gets the environment of the template, the way to the emulator, and nothing of this process', async () => {
    const { run, cloud } = await deployTiny(oneCall);
    process.env.LEAKED_SECRET = 'of the test';
    const { output, programs } = await run({ look: 'environment' });
    delete process.env.LEAKED_SECRET;
    const { Payload } = output as { Payload: Record<string, string> };
    expect(Payload).toMatchObject({
      BUCKET: cloud.outputs.TinyVault?.BucketName,
      AWS_ENDPOINT_URL: s3.endpoint,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    });
    expect(
      Object.keys(Payload).filter((name) => !/^(AWS_|_HANDLER|LAMBDA_|PATH|LANG|TZ|BUCKET)/.test(name)),
    ).toEqual([]);
    expect(programs).toMatchObject([{ state: 'Call', exitCode: 0, stdout: 'printed by the handler\n' }]);
  });

  it.each([
    [{ throw: 'OddError' }, 'OddError', 'thrown on purpose'],
    [{ exit: 7 }, 'Runtime.ExitError', 'ended with 7'],
    [{ sleepMs: 60_000 }, 'Sandbox.Timedout', 'timed out after 2.00 seconds'],
  ])('that does %j fails by the name %s', async (input, error, cause) => {
    const { run } = await deployTiny(oneCall);
    const result = await run(input, { retryIntervalMs: 0 });
    expect(result).toMatchObject({ status: 'FAILED', error, cause: expect.stringContaining(cause) });
  });
});

describe('a task', () => {
  it('runs the command with the environment and secrets of its definition, and a directory for its volume', async () => {
    const { run, cloud } = await deployTiny(oneTask);
    const result = await run(
      shell('echo "$PASSWORD $BUCKET $AWS_ENDPOINT_URL"; touch "$MOUNTED/file" && echo "$LEAKED$HOME"'),
    );
    expect(result.programs[0]?.stdout).toBe(
      `open sesame ${cloud.outputs.TinyVault?.BucketName} ${s3.endpoint}\n\n`,
    );
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { LastStatus: 'STOPPED', StopCode: 'EssentialContainerExited', Containers: [{ ExitCode: 0 }] },
    });
  });

  it('that exits with another code fails as ECS tasks fail: States.TaskFailed, the stopped task as the cause', async () => {
    const { run } = await deployTiny(oneTask);
    const { error, cause } = await run(shell('exit 3'));
    expect(error).toBe('States.TaskFailed');
    expect(JSON.parse(cause ?? '')).toMatchObject({
      StoppedReason: 'Essential container in task exited',
      Containers: [{ Name: 'Shell', ExitCode: 3, LastStatus: 'STOPPED' }],
    });
  });

  it('that is killed has the exit code of the signal', async () => {
    const { run } = await deployTiny(oneTask);
    const { cause } = await run(shell('kill -9 $$'));
    expect(JSON.parse(cause ?? '')).toMatchObject({ Containers: [{ ExitCode: 137 }] });
  });

  it('does not start when its execution role may not read a secret', async () => {
    const { run } = await deployTiny({ ...oneTask, maySeeSecret: false });
    const { error, cause, programs } = await run(shell('true'));
    expect(error).toBe('States.TaskFailed');
    expect(JSON.parse(cause ?? '')).toMatchObject({
      StopCode: 'TaskFailedToStart',
      StoppedReason: expect.stringMatching(/AccessDeniedException.*GetSecretValue/),
    });
    expect(JSON.parse(cause ?? '').Containers[0]).not.toHaveProperty('ExitCode');
    expect(programs).toEqual([]);
  });

  it('does not start while a secret is empty', async () => {
    const { run } = await deployTiny(oneTask, { PASSWORD: undefined });
    const { cause } = await run(shell('true'));
    expect(cause).toMatch(/ResourceNotFoundException.*AWSCURRENT/);
  });

  it('is not deployed when nobody has said what its secret is', async () => {
    await expect(deployTiny(oneTask, {})).rejects.toThrow(/the secret PASSWORD, for which there is no value/);
  });

  it('does not start when its workflow may not tag it, and it takes over tags: CDK gives no such right', async () => {
    const propagatedTagSource = PropagatedTagSource.TASK_DEFINITION;
    const { run } = await deployTiny({ machine: (app) => app.task('Task', { propagatedTagSource }) });
    const result = await run(shell('true'));
    expect(result).toMatchObject({ status: 'FAILED', error: 'ECS.AccessDeniedException', programs: [] });
    expect(result.cause).toContain('is not authorized to perform: ecs:TagResource');
  });

  it('that takes too long is stopped, and its state has timed out', async () => {
    const { run } = await deployTiny(oneTask);
    const result = await run(shell('trap "echo stopped; exit 143" TERM; sleep 60 & wait'), {
      timeoutSeconds: { Task: 1 },
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(result.programs).toMatchObject([{ state: 'Task', exitCode: 143, stdout: 'stopped\n' }]);
  });

  it('may have its limit from the input of its state', async () => {
    const limited = (app: TinyApp) => app.task('Task', { taskTimeout: sfn.Timeout.at('$.limit') });
    const { run } = await deployTiny({ machine: limited });
    const overdue = await run({ ...shell('exec sleep 60'), limit: 1 });
    expect(overdue).toMatchObject({ error: 'States.Timeout', programs: [{ signal: 'SIGTERM' }] });
    const inTime = await run({ ...shell('echo "$PASSWORD"'), limit: 60 });
    expect(inTime).toMatchObject({ status: 'SUCCEEDED', programs: [{ stdout: 'open sesame\n' }] });
  });

  it('that fails to start is tried again, at the interval the caller wants', async () => {
    const { run } = await deployTiny({
      machine: (app) => app.task('Task').addRetry({ errors: ['AmazonECS.Unknown'], maxAttempts: 2 }),
    });
    const result = await run(shell('true'), {
      retryIntervalMs: 0,
      startFailures: { Task: ['AmazonECS.Unknown', 'AmazonECS.Unknown'] },
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(result.history.filter(({ type }) => type === 'StateRetried')).toHaveLength(2);
    expect(result.programs).toHaveLength(1);
  });
});

describe('an execution', () => {
  it('that is aborted takes its task with it', async () => {
    const { cloud } = await deployTiny(oneTask);
    const running = cloud.start(TINY_MACHINE, shell('sleep 60'), {
      onEvent: ({ type }) => type === 'StateEntered' && setTimeout(() => running.abort(), 500),
    });
    const result = await running.result;
    expect(result).toMatchObject({ status: 'ABORTED', programs: [{ state: 'Task', signal: 'SIGTERM' }] });
  });

  it('whose time is up takes its task with it', async () => {
    const { run } = await deployTiny({ ...oneTask, machineTimeout: Duration.seconds(1) });
    const result = await run(shell('exec sleep 60'));
    expect(result).toMatchObject({ status: 'TIMED_OUT', programs: [{ state: 'Task', signal: 'SIGTERM' }] });
  });

  it('is stopped with the cloud', async () => {
    const { cloud } = await deployTiny(oneTask);
    const running = cloud.start(TINY_MACHINE, shell('exec sleep 60'));
    await cloud.stop();
    started.pop();
    expect(await running.result).toMatchObject({ status: 'ABORTED' });
  });

  it('publishes to topics and calls services through the emulator', async () => {
    const { run, cloud } = await deployTiny({
      machine: ({ stack, topic, bucket }) =>
        tasks.SnsPublish.jsonPath(stack, 'Publish', {
          topic,
          subject: 'news',
          message: sfn.TaskInput.fromJsonPathAt('$.text'),
          resultPath: sfn.JsonPath.DISCARD,
        }).next(
          tasks.CallAwsService.jsonPath(stack, 'Look', {
            service: 's3',
            action: 'headObject',
            iamResources: ['*'],
            parameters: { Bucket: bucket.bucketName, Key: 'nothing' },
          }),
        ),
    });
    const result = await run({ text: 'hello' });
    expect(cloud.publications).toMatchObject([{ subject: 'news', message: 'hello' }]);
    expect(result).toMatchObject({ status: 'FAILED', error: 'S3.NotFoundException' });
  });
});

describe('a bucket', () => {
  it('has the properties of the template, and the statements of its policy that can be in force here', async () => {
    const { cloud } = await deployTiny(oneTask);
    const Bucket = cloud.outputs.TinyVault?.BucketName;
    const client = s3.client();
    expect(await client.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({
      Status: 'Enabled',
    });
    await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'text' }));
    await expect(client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    expect(cloud.policyLeftOut).toEqual([expect.stringContaining('aws:SecureTransport')]);
  });
});
