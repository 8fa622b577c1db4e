import { CloudCannot } from './errors.ts';
import { isObject } from './resolve.ts';

/** A state machine in Amazon States Language, as far as it is looked at here. */
export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly TimeoutSeconds?: number;
}

export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly [field: string]: unknown;
}

/** What aws-local-stepfunctions accepts and then does not do, so that a run would prove something else. */
const IGNORED = [
  'Assign',
  'Arguments',
  'Output',
  'HeartbeatSeconds',
  'Credentials',
  'ItemReader',
  'ResultWriter',
];

/** The library stops a task without a limit after 60 s, Step Functions practically never; timers end at 24.8 days. */
const NO_LIMIT_SECONDS = 2_147_483;

/**
 * Reads a definition and refuses whatever the interpreter would silently ignore.
 * @param where names the state machine in errors
 * @throws {CloudCannot} naming the state and the field
 */
export function parseDefinition(where: string, text: string): Definition {
  const definition = JSON.parse(text) as Definition;
  refuseIgnored(where, definition);
  return definition;
}

function refuseIgnored(where: string, value: unknown): void {
  if (Array.isArray(value)) for (const item of value) refuseIgnored(where, item);
  if (!isObject(value)) return;
  if (value.QueryLanguage === 'JSONata') throw ignored(where, 'QueryLanguage JSONata');
  for (const [key, item] of Object.entries(value)) {
    if (isObject(item) && typeof item.Type === 'string') {
      const field = IGNORED.find((name) => name in item);
      if (field !== undefined) throw ignored(`${where}, state ${key}`, field);
    }
    refuseIgnored(where, item);
  }
}

function ignored(where: string, field: string): CloudCannot {
  return new CloudCannot(
    where,
    `it uses ${field}, which the local interpreter ignores`,
    'write it in JSONPath without variables (docs/adr/0009), or test it on AWS',
  );
}

/** What a caller may change of the limits of a definition, for a test that cannot wait six hours. */
export interface Limits {
  /** Seconds by state name, instead of the template's. */
  readonly timeoutSeconds?: Readonly<Record<string, number>>;
}

/** What a task with a TimeoutSecondsPath is given: see withLimits(). */
const WRAPPED = { seconds: 'taskTimeoutSeconds', parameters: 'taskParameters' } as const;

/**
 * The definition with every task limited as it would be on AWS, or as the caller says. A TimeoutSecondsPath points into
 * the input of the state; the interpreter looks for it in what Parameters made of that. So Parameters is made to hold
 * both, and unwrap() takes them apart.
 */
export function withLimits(definition: Definition, { timeoutSeconds = {} }: Limits): Definition {
  const change = (value: unknown, name?: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => change(item));
    if (!isObject(value)) return value;
    const changed = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item, key)]));
    return value.Type === 'Task' ? limit(changed, timeoutSeconds[name ?? '']) : changed;
  };
  return change(definition) as Definition;
}

function limit(task: Record<string, unknown>, wanted: number | undefined): Record<string, unknown> {
  const { TimeoutSecondsPath: path, ...rest } = task;
  if (wanted !== undefined || path === undefined) {
    return { ...rest, TimeoutSeconds: wanted ?? task.TimeoutSeconds ?? NO_LIMIT_SECONDS };
  }
  const parameters =
    task.Parameters === undefined
      ? { [`${WRAPPED.parameters}.$`]: '$' }
      : { [WRAPPED.parameters]: task.Parameters };
  return {
    ...rest,
    Parameters: { [`${WRAPPED.seconds}.$`]: path, ...parameters },
    TimeoutSecondsPath: `$.${WRAPPED.seconds}`,
  };
}

/** What a task of a definition with limits was really given, and its limit. */
export function unwrap(
  state: State,
  given: unknown,
): { readonly seconds: number; readonly parameters: unknown } {
  if (state.TimeoutSecondsPath === undefined || !isObject(given)) {
    return { seconds: state.TimeoutSeconds ?? NO_LIMIT_SECONDS, parameters: given };
  }
  return { seconds: Number(given[WRAPPED.seconds]), parameters: given[WRAPPED.parameters] };
}

/** All states of a type, those within Map and Parallel included, by name. */
export function statesOf(definition: unknown, type: string): Map<string, State> {
  const found = new Map<string, State>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    if (!isObject(value)) return;
    for (const [name, item] of Object.entries(value)) {
      if (isObject(item) && item.Type === type) found.set(name, item as State);
      look(item);
    }
  };
  look(definition);
  return found;
}
