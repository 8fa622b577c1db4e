import { isObject } from '../cloud/resolve.ts';

/** How a rule of EventBridge makes of an event what its target is given; none of these: the event itself. */
export interface TargetInput {
  readonly Input?: string | undefined;
  readonly InputPath?: string | undefined;
  readonly InputTransformer?:
    | {
        readonly InputPathsMap?: Readonly<Record<string, string>> | undefined;
        readonly InputTemplate: string;
      }
    | undefined;
}

/**
 * What the target is given, as text: JSON, or lines of text that a template has made.
 * @param event as it was put on the bus
 */
export function targetInput(
  { Input, InputPath, InputTransformer }: TargetInput,
  event: Readonly<Record<string, unknown>>,
): string {
  if (Input !== undefined) return Input;
  if (InputPath !== undefined) return JSON.stringify(valueAt(event, InputPath) ?? null);
  if (InputTransformer === undefined) return JSON.stringify(event);
  const { InputPathsMap = {}, InputTemplate } = InputTransformer;
  const values = new Map(Object.entries(InputPathsMap).map(([name, path]) => [name, valueAt(event, path)]));
  return InputTemplate.replace(/<([\w.-]+)>/g, (whole, name: string, offset: number) => {
    if (name === 'aws.events.event.json') return JSON.stringify(event);
    if (!values.has(name)) return whole;
    const value = values.get(name);
    // within quotes the value's text, elsewhere the value as JSON has it
    return isQuoted(InputTemplate.slice(0, offset)) ? textOf(value) : JSON.stringify(value ?? null);
  });
}

/** Whether what follows stands within a string of JSON. */
function isQuoted(before: string): boolean {
  return (before.match(/(?<!\\)"/g) ?? []).length % 2 === 1;
}

function textOf(value: unknown): string {
  return value == null
    ? ''
    : JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value)).slice(1, -1);
}

/** `$.detail.state.value`; `$.resources[0]`. */
function valueAt(event: unknown, path: string): unknown {
  const steps = path
    .replace(/^\$\.?/, '')
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((step) => step !== '');
  return steps.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)];
    return isObject(value) ? value[step] : undefined;
  }, event);
}
