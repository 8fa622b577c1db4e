import { z } from 'zod';
import { RestoreInputInvalid } from './errors/index.ts';
import { type FilesRequest, filesMisfits, filesRequestSchema } from './restore-files-request.ts';
import {
  type Bilingual,
  expectedIn,
  RESTORE_TARGETS,
  type RestoreTarget,
  STANDING_TARGETS,
  THAW_TIERS,
  WORKFLOW_MODES,
  type WorkflowMode,
} from './restore-input-members.ts';
import { problemsOf, refusal, shown } from './restore-input-problems.ts';
import { misfits, type RestoreRequest, restoreRequestShape } from './restore-request.ts';
import { parseInstant } from './set-id.ts';

const confirm = z.string().min(1);
const standing = z.enum(STANDING_TARGETS).default('target');

const restoreSchema = z.strictObject({
  ...restoreRequestShape,
  confirm: confirm.optional(),
  target: z.enum(RESTORE_TARGETS).default('target'),
  /** For sets whose objects lie in an archive class: how fast they come back, and for how many days. */
  thaw: z
    .strictObject({
      tier: z.enum(THAW_TIERS).default('standard'),
      days: z.int().min(1).max(30).default(3),
    })
    .prefault({}),
  /** Into a new project: its Storage files as well, from the newest inventory. */
  files: z.boolean().default(false),
  /** Another name of `set`. */
  backup: restoreRequestShape.set.unwrap().optional(),
});

const rollbackSchema = z.strictObject({
  mode: z.literal('rollback'),
  // never an option of the engine
  restoreId: z.string().regex(/^\w[\w.-]*$/),
  target: standing,
  confirm,
});

const pitrSchema = z.strictObject({
  mode: z.literal('pitr'),
  at: z.string().refine(isInstant),
  plan: z.boolean().default(false),
  /** Ref of the project. */
  confirm: confirm.optional(),
  /** Go back though no set holds the project as it is. */
  withoutPreRestoreSet: z.boolean().default(false),
  // the project itself is what goes back
  target: z.literal('source').default('source'),
});

const filesSchema = z.strictObject({
  ...filesRequestSchema.shape,
  confirm: confirm.optional(),
  target: z.enum(RESTORE_TARGETS).default('target'),
});

export type Thaw = z.output<typeof restoreSchema>['thaw'];
export type Rollback = z.output<typeof rollbackSchema>;
export type PitrRequest = z.output<typeof pitrSchema>;

/** What an operator started the restore workflow for. */
export type RestoreInput =
  | {
      readonly kind: 'restore';
      readonly target: RestoreTarget;
      readonly request: RestoreRequest;
      readonly thaw: Thaw;
      /** Whether Storage files are brought into the new project as well. */
      readonly withFiles: boolean;
    }
  | { readonly kind: 'rollback'; readonly target: RestoreTarget; readonly rollback: Rollback }
  | { readonly kind: 'pitr'; readonly target: 'source'; readonly pitr: PitrRequest }
  | { readonly kind: 'files'; readonly target: RestoreTarget; readonly request: FilesRequest };

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
  switch (mode) {
    case 'rollback': {
      const rollback = read(rollbackSchema, input, mode);
      return { kind: 'rollback', target: rollback.target, rollback };
    }
    case 'pitr': {
      const pitr = read(pitrSchema, input, mode);
      refuse(mode, pitr.plan ? [] : unconfirmed('source', pitr.confirm, mode));
      return { kind: 'pitr', target: 'source', pitr };
    }
    case 'files': {
      const { target, ...request } = read(filesSchema, input, mode);
      const unnamed = request.plan ? [] : unconfirmed(target, request.confirm, mode);
      refuse(mode, [...filesMisfits(request), ...unnamed]);
      return { kind: 'files', target, request };
    }
    default:
      return parseRestore(input, mode);
  }
}

function parseRestore(input: object, mode: WorkflowMode | undefined): RestoreInput {
  const { target, thaw, files, backup, ...rest } = read(restoreSchema, input, mode);
  const request = { ...rest, set: backup ?? rest.set };
  const { strategy = 'inspect', plan } = request;
  const onlyLooks = plan || (request.mode === 'table' && strategy === 'inspect');
  refuse(request.mode, [
    ...(backup !== undefined && Object.hasOwn(input, 'set') ? [SAID_TWICE] : []),
    ...unfitting(request),
    ...(target === 'new-project' ? newProjectMisfits(request) : []),
    ...(files && target !== 'new-project' ? [FILES_ELSEWHERE] : []),
    ...(onlyLooks ? [] : unconfirmed(target, request.confirm, request.mode)),
  ]);
  return { kind: 'restore', target, request, thaw, withFiles: files };
}

function read<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  input: object,
  mode: WorkflowMode | undefined,
): z.output<z.ZodObject<Shape>> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refusal(mode ?? 'full', problemsOf(parsed.error, input, mode, schema.shape));
}

function refuse(mode: WorkflowMode, problems: readonly Bilingual[]): void {
  if (problems.length > 0) throw refusal(mode, problems);
}

function modeOf(input: object): WorkflowMode | undefined {
  const { mode } = input as { mode?: unknown };
  return WORKFLOW_MODES.find((each) => each === mode);
}

function isInstant(text: string): boolean {
  try {
    parseInstant(text);
    return true;
  } catch {
    return false;
  }
}

const SAID_TWICE: Bilingual = {
  en: '"backup" and "set" are two names of the same member; leave one of them out',
  ko: '"backup"과 "set"은 같은 항목의 두 이름입니다. 하나를 빼 주세요',
};

const FILES_ELSEWHERE: Bilingual = {
  en: '"files" goes with "target": "new-project"; elsewhere bring files back by themselves, with "mode": "files"',
  ko: '"files"는 "target": "new-project"와 함께 씁니다. 다른 곳에는 "mode": "files"로 파일만 따로 복원하세요',
};

function unfitting(request: RestoreRequest): Bilingual[] {
  return misfits(request).map(([member, english]) => {
    const given = request[member as keyof RestoreRequest];
    const expected = expectedIn(request.mode, member)?.ko ?? '';
    return {
      en: `"${member}" ${english}`,
      ko:
        given === undefined || given === false
          ? `"${member}" 항목이 없습니다. 필요한 값: ${expected}`
          : `"${member}" 항목은 이 입력의 다른 항목(mode: "${request.mode}", set: "${request.set}")과 함께 쓸 수 없습니다. 빼 주세요`,
    };
  });
}

/** A new project holds nothing: only everything can be brought into it, and nothing is written over. */
function newProjectMisfits(request: RestoreRequest): Bilingual[] {
  const useless = (['confirm', 'preRestoreSet', 'withoutPreRestoreSet'] as const).filter(
    (member) => request[member] !== undefined && request[member] !== false,
  );
  return [
    ...(request.mode === 'full'
      ? []
      : [
          {
            en: `"target" is "new-project", which goes with mode full, and this is mode ${request.mode}`,
            ko: `"target": "new-project"는 "mode": "full"과 함께 씁니다. 이 입력은 "${request.mode}"입니다`,
          },
        ]),
    ...useless.map((member) => ({
      en: `"${member}" is for a target that is written over, and a new project is empty; leave it out`,
      ko: `"${member}" 항목은 덮어쓰는 대상에 쓰는 것인데 새 프로젝트는 비어 있습니다. 빼 주세요`,
    })),
  ];
}

/** Whoever writes over what people work with says its name. */
function unconfirmed(where: RestoreTarget, given: string | undefined, mode: WorkflowMode): Bilingual[] {
  if (where !== 'source' || given !== undefined) return [];
  const expected = expectedIn(mode, 'confirm');
  const what = {
    en: mode === 'files' ? 'the files' : 'the database',
    ko: mode === 'files' ? '파일' : '데이터베이스',
  };
  return [
    {
      en: `"confirm" is missing, and "target" is "source", ${what.en} that people work with; expected ${expected?.en}, or "plan": true to see first what would be done`,
      ko: `"target"이 서비스 중인 ${what.ko}("source")인데 "confirm" 항목이 없습니다. 필요한 값: ${expected?.ko}. 먼저 무엇이 바뀌는지 보려면 "plan": true`,
    },
  ];
}

/** Whether an input only asks what would be done. */
export function isPlan(input: RestoreInput): boolean {
  switch (input.kind) {
    case 'rollback':
      return false;
    case 'pitr':
      return input.pitr.plan;
    default:
      return input.request.plan;
  }
}

/** What another execution writes to; nothing where its input is none, or only asks for a plan. */
export function writesTo(text: string): RestoreTarget | undefined {
  try {
    const input = parseRestoreInput(JSON.parse(text));
    return isPlan(input) ? undefined : input.target;
  } catch (error) {
    if (error instanceof RestoreInputInvalid || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
