import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { RestoreInputInvalid } from './errors/index.ts';
import {
  type Bilingual,
  EXAMPLE,
  EXPECTED,
  RESTORE_TARGETS,
  type RestoreTarget,
  THAW_TIERS,
  WORKFLOW_MODES,
  type WorkflowMode,
} from './restore-input-members.ts';
import { misfits, type RestoreRequest, restoreRequestShape } from './restore-request.ts';

const target = z.enum(RESTORE_TARGETS).default('target');

const restoreSchema = z.strictObject({
  ...restoreRequestShape,
  confirm: z.string().min(1).optional(),
  target,
  /** For sets whose objects lie in an archive class: how fast they come back, and for how many days. */
  thaw: z
    .strictObject({
      tier: z.enum(THAW_TIERS).default('standard'),
      days: z.int().min(1).max(30).default(3),
    })
    .prefault({}),
});

const rollbackSchema = z.strictObject({
  mode: z.literal('rollback'),
  // never an option of the engine
  restoreId: z.string().regex(/^\w[\w.-]*$/),
  target,
  confirm: z.string().min(1),
});

export type Thaw = z.output<typeof restoreSchema>['thaw'];
export type Rollback = z.output<typeof rollbackSchema>;

/** What an operator started the restore workflow for. */
export type RestoreInput =
  | {
      readonly kind: 'restore';
      readonly target: RestoreTarget;
      readonly request: RestoreRequest;
      readonly thaw: Thaw;
    }
  | { readonly kind: 'rollback'; readonly target: RestoreTarget; readonly rollback: Rollback };

/**
 * Reads the input of an execution.
 * @param input whatever somebody typed into the console
 * @throws RestoreInputInvalid in English and Korean, naming every member that cannot be used
 */
export function parseRestoreInput(input: unknown): RestoreInput {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw refusal('full', [
      {
        en: `the input is ${shown(input)}; expected an object in braces`,
        ko: `입력이 ${shown(input)}입니다. 중괄호로 된 객체가 필요합니다`,
      },
    ]);
  const mode = modeOf(input);
  if (mode === 'rollback') {
    const parsed = rollbackSchema.safeParse(input);
    if (!parsed.success) throw refusal(mode, problemsOf(parsed.error, input, rollbackSchema.shape));
    return { kind: 'rollback', target: parsed.data.target, rollback: parsed.data };
  }
  const parsed = restoreSchema.safeParse(input);
  if (!parsed.success)
    throw refusal(mode ?? 'full', problemsOf(parsed.error, input, restoreSchema.shape, mode === undefined));
  const { target, thaw, ...request } = parsed.data;
  const problems = [...unfitting(request), ...unconfirmed(target, request)];
  if (problems.length > 0) throw refusal(request.mode, problems);
  return { kind: 'restore', target, request, thaw };
}

function modeOf(input: object): WorkflowMode | undefined {
  const { mode } = input as { mode?: unknown };
  return WORKFLOW_MODES.find((each) => each === mode);
}

function refusal(mode: WorkflowMode, problems: readonly Bilingual[]): RestoreInputInvalid {
  const example = JSON.stringify(EXAMPLE[mode]);
  const all = (language: keyof Bilingual) => problems.map((problem) => problem[language]).join('; ');
  return new RestoreInputInvalid(
    `The input of the restore cannot be used: ${all('en')}. A right one: ${example}.`,
    `복원 입력을 쓸 수 없습니다: ${all('ko')}. 올바른 예: ${example}.`,
  );
}

/** One problem for each issue; of a mode that is none, the members that depend on it are not judged. */
function problemsOf(
  error: z.ZodError,
  input: object,
  shape: Readonly<Record<string, unknown>>,
  modeIsNone = false,
): Bilingual[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const known = issue.path[0] === 'thaw' ? ['tier', 'days'] : Object.keys(shape);
      // those of a rollback are no slip of whoever mistyped its mode
      const unknown = issue.keys.filter((key) => !(modeIsNone && Object.hasOwn(EXPECTED, key)));
      return unknown.map((key) => unknownMember([...issue.path, key].join('.'), key, known));
    }
    return [wrongMember(issue.path, input)];
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

function wrongMember(path: readonly PropertyKey[], input: object): Bilingual {
  const name = path.map(String).join('.');
  const member = String(path[0]);
  const expected = EXPECTED[name] ?? EXPECTED[member] ?? { en: 'something else', ko: '다른 값' };
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

function unfitting(request: RestoreRequest): Bilingual[] {
  return misfits(request).map(([member, english]) => {
    const given = request[member as keyof RestoreRequest];
    const expected = EXPECTED[member]?.ko ?? '';
    return {
      en: `"${member}" ${english}`,
      ko:
        given === undefined || given === false
          ? `"${member}" 항목이 없습니다. 필요한 값: ${expected}`
          : `"${member}" 항목은 이 입력의 다른 항목(mode: "${request.mode}", set: "${request.set}")과 함께 쓸 수 없습니다. 빼 주세요`,
    };
  });
}

/** Whoever writes over the database that people work with says its name. */
function unconfirmed(where: RestoreTarget, { mode, confirm, plan, strategy }: RestoreRequest): Bilingual[] {
  const onlyLooks = plan || (mode === 'table' && (strategy ?? 'inspect') === 'inspect');
  if (where !== 'source' || confirm !== undefined || onlyLooks) return [];
  return [
    {
      en: `"confirm" is missing, and "target" is "source", the database that people work with; expected ${EXPECTED.confirm?.en}, or "plan": true to see first what would be done`,
      ko: `"target"이 서비스 중인 데이터베이스("source")인데 "confirm" 항목이 없습니다. 필요한 값: ${EXPECTED.confirm?.ko}. 먼저 무엇이 바뀌는지 보려면 "plan": true`,
    },
  ];
}

const LONGEST_SHOWN = 80;

/** A value as it was typed, one line of a length that can be read, and nothing that looks like a connection string. */
function shown(value: unknown): string {
  const text = JSON.stringify(value).replace(/[^\s"=]*:[^\s"]*@[^\s"]*/g, '(not repeated)');
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

/** What another execution writes to; nothing where its input is none, or only asks for a plan. */
export function writesTo(text: string): RestoreTarget | undefined {
  try {
    const input = parseRestoreInput(JSON.parse(text));
    return input.kind === 'restore' && input.request.plan ? undefined : input.target;
  } catch {
    return undefined;
  }
}
