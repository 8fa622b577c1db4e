import { StateMachine } from 'aws-local-stepfunctions';
import { type Definition, type Limits, type State, statesOf, unwrap, withLimits } from './definition.ts';
import { ServiceError } from './errors.ts';
import type { ProgramEnd } from './program.ts';

type Run = ReturnType<StateMachine['run']>;

/** One step of an execution: a state entered, exited, failed, retried, caught; the execution started or ended. */
export type HistoryEvent = Run['eventLogs'] extends AsyncGenerator<infer Event> ? Event : never;

/** One process that a state ran: a function's or a task's. */
export interface StateProgram extends ProgramEnd {
  readonly state: string;
}

/** What a caller may say about one execution. */
export interface ExecutionOptions extends Limits {
  /** @default a random one */
  readonly name?: string;
  /** Milliseconds before any retry, instead of the definition's. */
  readonly retryIntervalMs?: number;
  /** Milliseconds any Wait state waits, instead of the definition's. */
  readonly waitMs?: number;
  /** Errors by which tasks fail to start, by state name: each start takes one, and when none is left the task runs. */
  readonly startFailures?: Readonly<Record<string, readonly string[]>>;
  /** What tasks answer instead of being run, by state name: each call takes one, and when none is left it is made. */
  readonly answers?: Readonly<Record<string, readonly unknown[]>>;
  /** Comes before each task is performed, and is waited for: so that something can go wrong in between two steps. */
  readonly beforeTask?: (state: string) => Promise<void>;
  /** Is told of every step as it happens. */
  readonly onEvent?: (event: HistoryEvent) => void;
}

/** How an execution ended. */
export interface ExecutionResult {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  readonly history: readonly HistoryEvent[];
  /** Names of the states entered, in order. */
  readonly states: readonly string[];
  readonly programs: readonly StateProgram[];
}

/** What an execution is known by to itself and others. */
export interface ExecutionIdentity {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
}

/** Does what a Task state asks for. Errors that are no ServiceError end the execution: they are ours, not the cloud's. */
export type Perform = (call: {
  readonly state: State;
  readonly parameters: unknown;
  /** Aborts when nobody waits for the result any more. */
  readonly signal: AbortSignal;
  readonly onEnd: (end: ProgramEnd) => void;
}) => Promise<unknown>;

/** Timers are not exact: the interpreter must have given up on a task before the task is stopped. */
const AFTER_TIMEOUT_MS = 20;

/**
 * Interprets a definition. When a task's time is up its programs are stopped, as Step Functions stops a task.
 * @param signal aborts the execution and all it runs
 * @throws {Error} of `perform` that is no ServiceError
 */
export async function execute(
  definition: Definition,
  identity: ExecutionIdentity,
  input: unknown,
  perform: Perform,
  signal: AbortSignal,
  options: ExecutionOptions = {},
): Promise<ExecutionResult> {
  const limited = withLimits(definition, options);
  const ours = new AbortController();
  const over = AbortSignal.any([signal, ours.signal]);
  const programs: StateProgram[] = [];
  const startFailures = queues(options.startFailures);
  const answers = queues(options.answers);
  const pending = new Set<Promise<unknown>>();
  const handler = (name: string, state: State) => async (given: unknown) => {
    const { seconds, parameters } = unwrap(state, given);
    const failure = startFailures.get(name)?.shift();
    if (failure !== undefined) throw new ServiceError(failure, 'the task could not be started (simulated)');
    const answer = answers.get(name)?.shift();
    if (answer !== undefined) return answer as never;
    await options.beforeTask?.(name);
    const overdue = AbortSignal.timeout(seconds * 1000 + AFTER_TIMEOUT_MS);
    const performance = perform({
      state,
      parameters,
      signal: AbortSignal.any([over, overdue]),
      onEnd: (end) => programs.push({ state: name, ...end }),
    });
    pending.add(performance);
    try {
      return (await performance) as never;
    } catch (error) {
      if (!(error instanceof ServiceError)) ours.abort(error);
      throw error;
    }
  };
  const tasks = statesOf(limited, 'Task');
  // as often as a definition is executed, it is either valid or was refused the first time
  const machine = new StateMachine(limited as never, {
    validationOptions: { noValidate: validated.has(definition) },
  });
  validated.add(definition);
  const run = machine.run(input as never, {
    noThrowOnAbort: true,
    context: contextOf(identity),
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(
        [...tasks].map(([name, state]) => [name, handler(name, state)]),
      ),
      ...intervals(limited, tasks, options),
    },
  });
  over.addEventListener('abort', run.abort, { once: true });
  // the event log says how it ended, more exactly than the rejection does
  run.result.catch(() => undefined);
  const history = await follow(run.eventLogs, options.onEvent);
  over.removeEventListener('abort', run.abort);
  const fault = ours.signal.aborted;
  // what still runs has been given up, by an execution that timed out or by its own state
  ours.abort();
  await Promise.allSettled(pending);
  if (fault) throw ours.signal.reason;
  return { ...outcome(history), history, states: entered(history), programs };
}

const validated = new WeakSet<Definition>();

/** What is used up one by one, by the state it is for. */
function queues<T>(given: Readonly<Record<string, readonly T[]>> = {}): Map<string, T[]> {
  return new Map(Object.entries(given).map(([state, each]) => [state, [...each]]));
}

async function follow(
  events: AsyncGenerator<HistoryEvent>,
  onEvent: ((event: HistoryEvent) => void) | undefined,
): Promise<HistoryEvent[]> {
  const history: HistoryEvent[] = [];
  for await (const event of events) {
    history.push(event);
    onEvent?.(event);
  }
  return history;
}

function contextOf(identity: ExecutionIdentity): Record<string, unknown> {
  return {
    Execution: { Id: identity.arn, Name: identity.name },
    StateMachine: { Id: identity.stateMachineArn, Name: identity.stateMachineName },
  };
}

function intervals(definition: Definition, tasks: Map<string, State>, options: ExecutionOptions) {
  const all = (names: Iterable<string>, value: number | undefined) =>
    value === undefined ? {} : Object.fromEntries([...names].map((name) => [name, value]));
  return {
    retryIntervalOverrides: all(tasks.keys(), options.retryIntervalMs),
    waitTimeOverrides: all(statesOf(definition, 'Wait').keys(), options.waitMs),
  };
}

function entered(history: readonly HistoryEvent[]): string[] {
  return history.flatMap((event) => (event.type === 'StateEntered' ? [event.state.name] : []));
}

function outcome(
  history: readonly HistoryEvent[],
): Pick<ExecutionResult, 'status' | 'output' | 'error' | 'cause'> {
  const last = history.at(-1);
  switch (last?.type) {
    case 'ExecutionSucceeded':
      return { status: 'SUCCEEDED', output: last.output };
    case 'ExecutionFailed':
      return { status: 'FAILED', error: last.Error, cause: String(last.Cause) };
    case 'ExecutionTimeout':
      return { status: 'TIMED_OUT', error: 'States.Timeout' };
    default:
      return { status: 'ABORTED' };
  }
}
