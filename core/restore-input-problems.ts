import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { RestoreInputInvalid } from './errors/index.ts';
import { redact } from './redact.ts';
import {
  type Bilingual,
  EXAMPLE,
  EXPECTED,
  expectedIn,
  WORKFLOW_MODES,
  type WorkflowMode,
} from './restore-input-members.ts';

/** All problems of an input in one error, with a right input of the mode. */
export function refusal(mode: WorkflowMode, problems: readonly Bilingual[]): RestoreInputInvalid {
  const example = JSON.stringify(EXAMPLE[mode]);
  const all = (language: keyof Bilingual) => problems.map((problem) => problem[language]).join('; ');
  return new RestoreInputInvalid(
    `The input of the restore cannot be used: ${all('en')}. A right one: ${example}.`,
    `복원 입력을 쓸 수 없습니다: ${all('ko')}. 올바른 예: ${example}.`,
  );
}

/** One problem for each issue; of a mode that is none, the members that depend on it are not judged. */
export function problemsOf(
  error: z.ZodError,
  input: object,
  mode: WorkflowMode | undefined,
  shape: Readonly<Record<string, unknown>>,
): Bilingual[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const known = issue.path[0] === 'thaw' ? ['tier', 'days'] : Object.keys(shape);
      // those of a rollback are no slip of whoever mistyped its mode
      const unknown = issue.keys.filter((key) => !(mode === undefined && Object.hasOwn(EXPECTED, key)));
      return unknown.map((key) => unknownMember([...issue.path, key].join('.'), key, known));
    }
    return [wrongMember(issue.path, input, mode)];
  });
}

function unknownMember(path: string, key: string, known: readonly string[]): Bilingual {
  const best = nearest(key, known);
  const expected = best === undefined ? known.join(', ') : `"${best}"`;
  return {
    en: `there is no member "${path}"; ${best === undefined ? `there are ${expected}` : `did you mean ${expected}?`}`,
    ko: `"${path}" 항목은 없습니다. ${best === undefined ? `쓸 수 있는 항목: ${expected}` : `${expected}을(를) 뜻하셨나요?`}`,
  };
}

function wrongMember(path: readonly PropertyKey[], input: object, mode: WorkflowMode | undefined): Bilingual {
  const name = path.map(String).join('.');
  const member = String(path[0]);
  const expected = (path.length > 1 ? EXPECTED[name] : undefined) ??
    expectedIn(mode, member) ?? { en: 'something else', ko: '다른 값' };
  const value = path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  if (value === undefined)
    return {
      en: `"${name}" is missing; expected ${expected.en}`,
      ko: `"${name}" 항목이 없습니다. 필요한 값: ${expected.ko}`,
    };
  const best = member === 'mode' && typeof value === 'string' ? nearest(value, WORKFLOW_MODES) : undefined;
  // a condition may hold what stands in a row, and what is said here goes to a mailbox and a channel
  const got = member === 'where' && typeof value === 'string' ? 'a text without "table:"' : shown(value);
  const gotKo = member === 'where' && typeof value === 'string' ? '"테이블:"이 없는 글' : shown(value);
  return {
    en: `"${name}" is ${got}; expected ${expected.en}${best === undefined ? '' : `, did you mean "${best}"?`}`,
    ko: `"${name}" 값이 ${gotKo}입니다. 필요한 값: ${expected.ko}${best === undefined ? '' : `. "${best}"을(를) 뜻하셨나요?`}`,
  };
}

const LONGEST_SHOWN = 80;

/** A value as it was typed, one line of a length that can be read, and nothing that looks like a connection string or a key. */
export function shown(value: unknown): string {
  const text = redact(JSON.stringify(value).replace(/[^\s"=]*:[^\s"]*@[^\s"]*/g, '(not repeated)'));
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function nearest(asked: string, known: readonly string[]): string | undefined {
  const best = closest(
    asked.toLowerCase(),
    [...known].map((each) => each.toLowerCase()),
  );
  const name = known.find((each) => each.toLowerCase() === best);
  return distance(asked.toLowerCase(), best) <= Math.max(2, asked.length / 3) ? name : undefined;
}
