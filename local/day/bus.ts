import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import type { LocalCloud } from '../cloud/cloud.ts';
import { CloudCannot } from '../cloud/errors.ts';
import { clientConfig } from '../cloud/sdk.ts';
import type { BusEvent } from './alarm-event.ts';
import { matches } from './event-pattern.ts';
import { targetInput } from './target-input.ts';
import { mayRole, resourcesOf } from './template.ts';

const targetSchema = z.strictObject({
  Arn: z.string(),
  Id: z.string(),
  RoleArn: z.string().optional(),
  Input: z.string().optional(),
  InputPath: z.string().optional(),
  InputTransformer: z
    .object({ InputPathsMap: z.record(z.string(), z.string()).optional(), InputTemplate: z.string() })
    .optional(),
  RetryPolicy: z.unknown().optional(),
  DeadLetterConfig: z.unknown().optional(),
});

const ruleSchema = z.object({
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  State: z.string().default('ENABLED'),
  Targets: z.array(targetSchema).default([]),
});

interface Rule extends z.output<typeof ruleSchema> {
  readonly arn: string;
}

/** How what a service asks for is done. */
export interface Deliveries {
  /** Calls a function as a service does that does not wait for it. */
  callLater(functionArn: string, payload: unknown): Promise<void>;
  publish(topicArn: string, subject: string | undefined, message: string): Promise<void>;
}

/** The default bus of the account, with the rules of the templates. */
export interface Bus {
  /** Delivers an event to the targets of every rule that waits for it. */
  put(event: BusEvent): Promise<void>;
}

/**
 * Opens the bus. A target that the rule has no right to reach is an error, for in the cloud nobody would ever hear of it.
 * @throws {CloudCannot} a target is of a kind that is not known here
 */
export function openBus(cloud: LocalCloud, deliveries: Deliveries): Bus {
  const rules: Rule[] = resourcesOf(cloud, 'AWS::Events::Rule').map((found) => ({
    ...ruleSchema.parse(found.properties),
    arn: found.attribute('Arn'),
  }));
  return {
    async put(event) {
      for (const { EventPattern, State, Targets, arn } of rules) {
        if (State !== 'ENABLED' || EventPattern === undefined || !matches(EventPattern, event)) continue;
        for (const target of Targets) await deliver(cloud, deliveries, arn, target, event);
      }
    },
  };
}

async function deliver(
  cloud: LocalCloud,
  deliveries: Deliveries,
  ruleArn: string,
  target: z.output<typeof targetSchema>,
  event: BusEvent,
): Promise<void> {
  const input = targetInput(target, event);
  const { Arn, RoleArn } = target;
  const service = Arn.split(':')[2];
  if (service === 'lambda' && mayCall(cloud, Arn, ruleArn))
    return deliveries.callLater(Arn, JSON.parse(input));
  if (service === 'sns') {
    if (RoleArn === undefined || (await mayRole(cloud, RoleArn, 'sns:Publish', Arn)))
      return deliveries.publish(Arn, undefined, input);
  }
  throw new CloudCannot(
    ruleArn,
    `its target ${Arn} does not let it in, or is of a service that is not known here`,
    'give the rule the right, or add the service to local/day/bus.ts',
  );
}

/** Whether the function lets in the rule. */
function mayCall(cloud: LocalCloud, functionArn: string, ruleArn: string): boolean {
  return resourcesOf(cloud, 'AWS::Lambda::Permission').some(
    ({ properties: { Action, FunctionName, Principal, SourceArn } }) =>
      Action === 'lambda:InvokeFunction' &&
      [functionArn, functionArn.split(':').at(-1)].includes(String(FunctionName)) &&
      Principal === 'events.amazonaws.com' &&
      (SourceArn === undefined || SourceArn === ruleArn),
  );
}

/** Publishes to a topic of the emulator. */
export async function publish(
  cloud: LocalCloud,
  topicArn: string,
  subject: string | undefined,
  message: string,
): Promise<void> {
  const client = new SNSClient(clientConfig(cloud.address));
  await client.send(
    new PublishCommand({
      TopicArn: topicArn,
      Message: message,
      ...(subject === undefined ? {} : { Subject: subject }),
    }),
  );
  client.destroy();
}
