import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ServiceError } from '../cloud/errors.ts';
import type { AccountParts } from './account.ts';
import { resourcesOf } from './template.ts';

const MINUTE = 60_000;
/** Lambda calls a function that failed again after one minute, and after two more. */
const RETRY_AFTER_MINUTES = [1, 2];

const destinationSchema = z.object({ Destination: z.string() }).optional();
const configSchema = z.object({
  FunctionName: z.string(),
  MaximumRetryAttempts: z.int().default(RETRY_AFTER_MINUTES.length),
  DestinationConfig: z.object({ OnSuccess: destinationSchema, OnFailure: destinationSchema }).default({}),
});

/**
 * Calls functions as Lambda does for who does not wait: what fails is called again, and where the template names one, a
 * destination hears how it ended. It settles after the first call. @returns the error of that call, if it failed
 */
export function invocationOf(parts: AccountParts): (arn: string, payload: unknown) => Promise<unknown> {
  const configs = resourcesOf(parts.cloud, 'AWS::Lambda::EventInvokeConfig').map(({ properties }) =>
    configSchema.parse(properties),
  );
  const call = async (arn: string, payload: unknown, attempt: number): Promise<unknown> => {
    const name = arn.split(':').at(-1);
    const config = configs.find(({ FunctionName }) => FunctionName === name || FunctionName === arn);
    const { OnSuccess, OnFailure } = config?.DestinationConfig ?? {};
    const hear = async (to: z.output<typeof destinationSchema>, condition: string, response: unknown) => {
      if (to === undefined) return;
      await call(to.Destination, destinationRecord(arn, payload, { attempt, condition, response }), 0);
    };
    try {
      const answer = await parts.cloud.call(arn, payload);
      await hear(OnSuccess, 'Success', answer);
      return undefined;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const retries = config?.MaximumRetryAttempts ?? RETRY_AFTER_MINUTES.length;
      const minutes = attempt < retries ? RETRY_AFTER_MINUTES[attempt] : undefined;
      if (minutes === undefined) await hear(OnFailure, 'RetriesExhausted', parsed(error.message));
      else
        parts.later(parts.now() + minutes * MINUTE, async () => {
          await call(arn, payload, attempt + 1);
        });
      return error;
    }
  };
  return (arn, payload) => call(arn, payload, 0);
}

interface Ending {
  readonly attempt: number;
  readonly condition: string;
  readonly response: unknown;
}

/** What a destination is given. */
function destinationRecord(arn: string, payload: unknown, { attempt, condition, response }: Ending) {
  const failed = condition !== 'Success';
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: randomUUID(),
      functionArn: `${arn}:$LATEST`,
      condition,
      approximateInvokeCount: attempt + 1,
    },
    requestPayload: payload,
    responseContext: {
      statusCode: 200,
      executedVersion: '$LATEST',
      ...(failed ? { functionError: 'Unhandled' } : {}),
    },
    responsePayload: response,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
