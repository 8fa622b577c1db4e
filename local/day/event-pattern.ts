import { CloudCannot } from '../cloud/errors.ts';
import { isObject } from '../cloud/resolve.ts';

/**
 * Whether an event is one that a rule of EventBridge waits for: every field of the pattern must be there and have one of the
 * values listed, or satisfy one of the conditions.
 * @throws {CloudCannot} the pattern has a condition that is not known here
 */
export function matches(pattern: Readonly<Record<string, unknown>>, event: unknown): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === '$or') return (wanted as Record<string, unknown>[]).some((each) => matches(each, event));
    const value = isObject(event) ? event[field] : undefined;
    if (Array.isArray(wanted)) return wanted.some((condition) => satisfies(condition, value));
    return isObject(wanted) && matches(wanted, value);
  });
}

/** An array of the event satisfies what any of its items does. */
function satisfies(condition: unknown, value: unknown): boolean {
  if (isObject(condition) && 'exists' in condition) return (value !== undefined) === condition.exists;
  const values = Array.isArray(value) ? value : [value];
  return values.some((each) => (isObject(condition) ? satisfiesOne(condition, each) : each === condition));
}

function satisfiesOne(condition: Readonly<Record<string, unknown>>, value: unknown): boolean {
  const [[operator, operand] = [], ...more] = Object.entries(condition);
  const text = typeof value === 'string' ? value : undefined;
  switch (more.length === 0 ? operator : undefined) {
    case 'prefix':
      return text !== undefined && affix(operand, text, (a, b) => a.startsWith(b));
    case 'suffix':
      return text !== undefined && affix(operand, text, (a, b) => a.endsWith(b));
    case 'equals-ignore-case':
      return text?.toLowerCase() === String(operand).toLowerCase();
    case 'wildcard':
      return text !== undefined && wildcard(String(operand)).test(text);
    case 'anything-but':
      return value !== undefined && !isAnyOf(operand, value);
    case 'numeric':
      return typeof value === 'number' && isInRange(operand as unknown[], value);
    default:
      throw new CloudCannot(
        'an event pattern',
        `its condition ${JSON.stringify(condition)} is not known here`,
        'add it to local/day/event-pattern.ts',
      );
  }
}

/** A text, or `{"equals-ignore-case": text}`. */
function affix(operand: unknown, text: string, has: (text: string, part: string) => boolean): boolean {
  if (!isObject(operand)) return has(text, String(operand));
  return has(text.toLowerCase(), String(operand['equals-ignore-case']).toLowerCase());
}

function isAnyOf(operand: unknown, value: unknown): boolean {
  if (Array.isArray(operand)) return operand.includes(value);
  if (!isObject(operand)) return operand === value;
  return Object.entries(operand).some(([operator, operands]) =>
    [operands].flat().some((each) => satisfiesOne({ [operator]: each }, value)),
  );
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

/** `["=", 5]`, or bounds such as `[">", 0, "<=", 5]`. */
function isInRange(operand: readonly unknown[], value: number): boolean {
  const tests: Readonly<Record<string, (bound: number) => boolean>> = {
    '=': (bound) => value === bound,
    '>': (bound) => value > bound,
    '>=': (bound) => value >= bound,
    '<': (bound) => value < bound,
    '<=': (bound) => value <= bound,
  };
  for (let i = 0; i < operand.length; i += 2) {
    if (tests[String(operand[i])]?.(Number(operand[i + 1])) !== true) return false;
  }
  return true;
}
