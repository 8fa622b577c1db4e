import {
  InterruptedError,
  NotTakenBackError,
  type StopError,
  TimeLimitError,
  UnforeseenError,
} from '../../../core/errors/index.ts';

/** The orchestrator, a person at the keyboard, and a terminal that was closed. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Fargate sends SIGKILL 120 s after SIGTERM; a person waits less. What has not been taken back by then is left. */
const PATIENCE_MS = 14_000;

/** What may still be there when taking back has not ended in time. */
const UNKNOWN_REMAINS =
  `taking back what was begun did not end within ${PATIENCE_MS / 1000} s, so an unfinished upload, a set or part of a ` +
  'restore may be there: look at the list of sets and at the target';

/**
 * Runs work that signals, the time limit and an error nobody catches can stop: each aborts the signal, and the work
 * takes back what it began. The reason of the stop wins over whatever error the stopping produced, but for what that
 * says is left.
 * @param giveUp called when the work has not ended in time; it must end the process
 */
export async function stoppable<T>(
  limitMinutes: number,
  work: (signal: AbortSignal) => Promise<T>,
  giveUp: (cause: Error) => void,
): Promise<T> {
  const controller = new AbortController();
  let stopped: StopError | undefined;
  let patience: NodeJS.Timeout | undefined;
  const stop = (cause: StopError) => {
    if (stopped !== undefined) return;
    stopped = cause;
    controller.abort(cause);
    patience = setTimeout(() => giveUp(cause.leaving(UNKNOWN_REMAINS)), PATIENCE_MS);
  };
  const onSignal = (signal: NodeJS.Signals) => stop(new InterruptedError(signal));
  const onCrash = (error: unknown) => stop(new UnforeseenError(error));
  for (const name of SIGNALS) process.on(name, onSignal);
  // unhandled rejections come here too
  process.on('uncaughtException', onCrash);
  // the schema keeps it below the 24.8 days that setTimeout takes
  const limit = setTimeout(() => stop(new TimeLimitError(limitMinutes)), limitMinutes * 60_000);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (stopped === undefined) throw error;
    throw error instanceof NotTakenBackError ? stopped.leaving(error.remains) : stopped;
  } finally {
    clearTimeout(limit);
    clearTimeout(patience);
    for (const name of SIGNALS) process.off(name, onSignal);
    process.off('uncaughtException', onCrash);
  }
}
