import { z } from 'zod';
import { redact } from '../redact.ts';

/** How the one container of a task ended. */
export interface EngineEnd {
  /** Nothing where the container never ran. */
  readonly exitCode: number | undefined;
  /** What ECS says about the end, as far as it says anything. */
  readonly reason: string;
  /** Address of the task: its last part names the log stream. */
  readonly task: string;
}

const SHOWN_CHARACTERS = 400;

const taskSchema = z.object({
  TaskArn: z.string(),
  StoppedReason: z.string().default(''),
  Containers: z.array(z.object({ ExitCode: z.number().nullish(), Reason: z.string().nullish() })).min(1),
});

/** The end of the engine, from the task as `ecs:runTask.sync` gives it in its cause; nothing where that is none. */
export function engineEnd(cause: string): EngineEnd | undefined {
  const task = taskSchema.safeParse(jsonOf(cause)).data;
  const container = task?.Containers[0];
  if (task === undefined || container === undefined) return undefined;
  return {
    exitCode: container.ExitCode ?? undefined,
    reason: shortened(container.Reason ?? task.StoppedReason),
    task: task.TaskArn,
  };
}

/** Reasons of an answer of ECS in which no task came to be; the cause itself where it is no such answer. */
export function startFailures(cause: string): string {
  const answer = z
    .object({ Failures: z.array(z.object({ Reason: z.string() })).min(1) })
    .safeParse(jsonOf(cause)).data;
  return shortened(answer === undefined ? cause : answer.Failures.map(({ Reason }) => Reason).join('; '));
}

/**
 * What a function said when it failed; the cause itself where it is no report of Lambda.
 * @param longest characters of it that are shown
 */
export function lambdaMessage(cause: string, longest?: number): string {
  return shortened(
    z.object({ errorMessage: z.string() }).safeParse(jsonOf(cause)).data?.errorMessage ?? cause,
    longest,
  );
}

/** One line of a length that can be read, without what nobody may read. */
function shortened(text: string, longest = SHOWN_CHARACTERS): string {
  const line = redact(text.replace(/\s+/g, ' ').trim());
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // a cause is a report in JSON or a plain sentence
    return undefined;
  }
}
