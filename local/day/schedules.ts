import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { LocalCloud } from '../cloud/cloud.ts';
import { CloudCannot } from '../cloud/errors.ts';
import { dueTimes } from './due-times.ts';
import { mayRole, resourcesOf } from './template.ts';

/** A schedule of the templates. */
export interface Schedule {
  /** What its description ends with: `critical`, `monitor`. */
  readonly name: string;
  readonly expression: string;
  readonly timeZone: string;
  /** As somebody in the console may change it. */
  enabled: boolean;
  /** Whether what it starts takes it: where not, the start ends in the dead-letter queue. */
  reachable: boolean;
  readonly targetArn: string;
  readonly roleArn: string;
  /** Text with placeholders. */
  readonly input: string;
  readonly deadLettersArn: string | undefined;
}

const propertiesSchema = z.object({
  Description: z.string().default(''),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().default('UTC'),
  State: z.string().default('ENABLED'),
  Target: z.object({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string().default('{}'),
    DeadLetterConfig: z.object({ Arn: z.string() }).optional(),
  }),
});

export function schedulesOf(cloud: LocalCloud): Schedule[] {
  return resourcesOf(cloud, 'AWS::Scheduler::Schedule').map(({ logicalId, properties }) => {
    const { Description, ScheduleExpression, ScheduleExpressionTimezone, State, Target } =
      propertiesSchema.parse(properties);
    return {
      name: Description.split(': ').at(-1) || logicalId,
      expression: ScheduleExpression,
      timeZone: ScheduleExpressionTimezone,
      enabled: State === 'ENABLED',
      reachable: true,
      targetArn: Target.Arn,
      roleArn: Target.RoleArn,
      input: Target.Input,
      deadLettersArn: Target.DeadLetterConfig?.Arn,
    };
  });
}

/** One time at which a schedule is due. */
export interface Due {
  readonly schedule: Schedule;
  readonly at: number;
}

/** All that is due within a span, in order. Whether a schedule is on is asked when its time has come. */
export function duesOf(schedules: readonly Schedule[], from: number, to: number): Due[] {
  return schedules
    .flatMap((schedule) =>
      dueTimes(schedule.expression, schedule.timeZone, from, to).map((at) => ({ schedule, at })),
    )
    .sort((a, b) => a.at - b.at);
}

/** What a schedule gives its target, the placeholders of EventBridge Scheduler filled in. */
export function scheduledInput({ input }: Schedule, at: number): unknown {
  const values: Readonly<Record<string, string>> = {
    'scheduled-time': new Date(at).toISOString().replace(/\.\d+/, ''),
    'execution-id': randomUUID(),
    'attempt-number': '1',
  };
  return JSON.parse(
    input.replace(/<aws\.scheduler\.([\w-]+)>/g, (whole, name: string) => values[name] ?? whole),
  );
}

const ACTIONS: Readonly<Record<string, string>> = {
  states: 'states:StartExecution',
  lambda: 'lambda:InvokeFunction',
};

/** @throws {CloudCannot} the role of a schedule may not start what it starts, by the templates */
export async function demandRights(cloud: LocalCloud, schedules: readonly Schedule[]): Promise<void> {
  for (const { name, roleArn, targetArn } of schedules) {
    const action = ACTIONS[targetArn.split(':')[2] ?? ''];
    if (action !== undefined && (await mayRole(cloud, roleArn, action, targetArn))) continue;
    throw new CloudCannot(
      `schedule ${name}`,
      `its role may not start ${targetArn}, or that is of a service not known here`,
      'give the role the right, or add the service to local/day/schedules.ts',
    );
  }
}
