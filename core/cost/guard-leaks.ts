/** A task that runs. */
export interface RunningTask {
  readonly id: string;
  /** Family of its definition: what it is for. */
  readonly family: string;
  readonly startedAt: Date;
  /** After which it ends itself; nothing where whoever started it has not said. */
  readonly runMinutes: number | null;
}

/** A task past its limit. */
export interface OverdueTask extends RunningTask {
  readonly hours: number;
}

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
/** Ending in order, and what stands around a run, take some minutes; after an hour it will not end by itself. */
const GRACE_MINUTES = 60;

/**
 * Tasks that should have ended an hour ago. Each is billed, and holds a snapshot of the database for as long.
 * @param longestMinutes for a task that does not say its own limit
 */
export function overdueTasks(
  tasks: readonly RunningTask[],
  longestMinutes: number,
  now: Date,
): OverdueTask[] {
  return tasks.flatMap((task) => {
    const minutes = (now.getTime() - task.startedAt.getTime()) / MINUTE_MS;
    const limit = (task.runMinutes ?? longestMinutes) + GRACE_MINUTES;
    return minutes > limit ? [{ ...task, hours: minutes / HOUR_MINUTES }] : [];
  });
}

/** An upload in parts that no run can still be at. */
export interface StaleUpload {
  readonly key: string;
  readonly startedAt: Date;
}

/** The oldest first. @param longestMinutes after which the task that began it has ended */
export function staleUploads<Upload extends StaleUpload>(
  uploads: readonly Upload[],
  longestMinutes: number,
  now: Date,
): Upload[] {
  const oldest = now.getTime() - (longestMinutes + GRACE_MINUTES) * MINUTE_MS;
  return uploads
    .filter(({ startedAt }) => startedAt.getTime() < oldest)
    .sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
}
