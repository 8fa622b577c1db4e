import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CloudCannot, ServiceError } from './errors.ts';
import { type Program, type ProgramEnd, startProgram } from './program.ts';

const HOST = join(import.meta.dirname, 'lambda-host.mjs');

const answerSchema = z.union([
  z.object({ result: z.unknown() }).strict(),
  z.object({
    error: z.object({ errorType: z.string(), errorMessage: z.string(), trace: z.array(z.string()) }),
  }),
]);

/** A function as the template defines it, references resolved. */
export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** Directory of the bundle. */
  readonly code: string;
  /** `index.handler` */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
}

/**
 * Invokes a function once.
 * @param cloudEnv region, credentials and endpoints
 * @param signal ends the process when it aborts; the invocation then never settles
 * @throws {ServiceError} named as Step Functions names it: the handler's error by its own name, `Sandbox.Timedout`,
 *   `Runtime.ExitError`
 */
export type Invoke = (
  target: LambdaFunction,
  event: unknown,
  cloudEnv: Readonly<Record<string, string>>,
  onEnd: (end: ProgramEnd) => void,
  signal: AbortSignal,
) => Promise<unknown>;

/**
 * Invokes a function in a process of its own that gets the template's environment, what the Lambda service adds, and the way
 * to the emulated cloud.
 */
export const invokeFunction: Invoke = async (target, event, cloudEnv, onEnd, signal) => {
  const program = startHost(target, cloudEnv);
  const stop = () => void program.stop(0);
  signal.addEventListener('abort', stop, { once: true });
  let answer: unknown;
  program.child.once('message', (message) => {
    answer = message;
  });
  program.child.send({ ...entryOf(target), event, context: contextOf(target) });
  const overdue = setTimeout(stop, target.timeoutSeconds * 1000);
  const end = await program.end;
  clearTimeout(overdue);
  signal.removeEventListener('abort', stop);
  onEnd(end);
  return payloadOf(target, answer, end);
};

/** Starts the process in which a function runs. */
export function startHost(target: LambdaFunction, cloudEnv: Readonly<Record<string, string>>): Program {
  return startProgram(process.execPath, [HOST], environment(target, cloudEnv), {
    cwd: target.code,
    ipc: true,
  });
}

/** Where the handler of a function is. @throws {CloudCannot} its bundle does not hold it */
export function entryOf(target: LambdaFunction): { readonly file: string; readonly name: string } {
  const [module = '', name = ''] = target.handler.split('.');
  const file = ['.mjs', '.js', '.cjs'].map((suffix) => join(target.code, module + suffix)).find(existsSync);
  if (file !== undefined) return { file, name };
  throw new CloudCannot(
    target.name,
    `its bundle ${target.code} holds no ${module}`,
    'synthesize with bundling',
  );
}

/** What a function answered, or the error that it ended with; `answer` is what its host said, if it said anything. */
export function payloadOf(target: LambdaFunction, answer: unknown, end: ProgramEnd): unknown {
  if (answer === undefined) {
    const [type, message] =
      end.signal === null
        ? [
            'Runtime.ExitError',
            `the process ended with ${end.exitCode} before the handler answered: ${end.stderr}`,
          ]
        : ['Sandbox.Timedout', `Task timed out after ${target.timeoutSeconds.toFixed(2)} seconds`];
    throw new ServiceError(type, JSON.stringify({ errorType: type, errorMessage: message }));
  }
  const parsed = answerSchema.parse(answer);
  if ('error' in parsed) throw new ServiceError(parsed.error.errorType, JSON.stringify(parsed.error));
  return parsed.result;
}

/** What the service adds to the template's variables; those the handler's libraries look at. */
function environment(
  target: LambdaFunction,
  cloudEnv: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    LAMBDA_TASK_ROOT: target.code,
    _HANDLER: target.handler,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: target.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(target.memoryMiB),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    ...cloudEnv,
    ...target.environment,
  };
}

/** What a handler is told of itself. */
export function contextOf(target: LambdaFunction): Record<string, unknown> {
  return {
    functionName: target.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: target.arn,
    memoryLimitInMB: String(target.memoryMiB),
    awsRequestId: crypto.randomUUID(),
    logGroupName: `/aws/lambda/${target.name}`,
    logStreamName: 'local',
  };
}
