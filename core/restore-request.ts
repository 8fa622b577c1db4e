import { z } from 'zod';
import { UsageError } from './errors/index.ts';
import { parseRowCondition, parseRowKey } from './row-selection.ts';
import { parseInstant, parseSetId } from './set-id.ts';

export const RESTORE_MODES = ['full', 'table', 'rows'] as const;
export type RestoreMode = (typeof RESTORE_MODES)[number];

/**
 * What is done with the rows of a table: `inspect` leaves them in a schema of their own, `merge` inserts what is missing
 * and puts back what was changed, `replace` takes away what is not in the set besides (spec R2).
 */
export const STRATEGIES = ['inspect', 'merge', 'replace'] as const;
export type Strategy = (typeof STRATEGIES)[number];

const parsedBy = (parse: (text: string) => unknown) => (text: string, context: z.RefinementCtx) => {
  try {
    parse(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
};

/** @throws UsageError when it is no id of that kind */
function parsePreRestoreSet(text: string): void {
  if (parseSetId(text).kind === 'prerestore') return;
  throw new UsageError(`${text} is not of kind prerestore; make one with backup --kind prerestore`);
}

const table = z.string().min(1);

/** The members an operator gives, on the command line or in the console; what does not fit the mode is refused. */
export const restoreRequestShape = {
  mode: z.enum(RESTORE_MODES),
  /** A set id, or `latest`. */
  set: z
    .string()
    .superRefine(parsedBy((text) => text === 'latest' || parseSetId(text)))
    .default('latest'),
  /** With `latest`: the instant whose state is wanted. */
  at: z.string().superRefine(parsedBy(parseInstant)).optional(),
  /** Mode `table`: names, or schema.name. */
  tables: z.array(table).min(1).optional(),
  /** Mode `rows`: `projects:id=…`, one row each; several columns with commas. */
  rows: z
    .array(z.string().superRefine(parsedBy(parseRowKey)))
    .min(1)
    .optional(),
  /** Mode `rows`: `projects:created_at > '2026-11-01'`, a condition of SQL over the rows of the set. */
  where: z
    .array(z.string().superRefine(parsedBy(parseRowCondition)))
    .min(1)
    .optional(),
  /** Mode `table`. */
  strategy: z.enum(STRATEGIES).optional(),
  /** Mode `rows`: also the rows of the set that hang on these along foreign keys. */
  withDependents: z.boolean().default(false),
  /** Modes `table` and `rows`: also the rows of the set that these refer to and the target lacks. */
  withParents: z.boolean().default(false),
  /** Columns that only the set or only the target has are left as they are, and named. */
  allowUnmatched: z.boolean().default(false),
  /** Say what would be done, and change nothing (spec R9). */
  plan: z.boolean().default(false),
  /** Name of the target, for a restore that overwrites. */
  confirm: z.string().min(1).optional(),
  /** Mode `full`: a set of the target as it is, made just before; without it the restore makes one (spec R4). */
  preRestoreSet: z.string().superRefine(parsedBy(parsePreRestoreSet)).optional(),
  /** Mode `full`: replace the target though no set holds it as it is. */
  withoutPreRestoreSet: z.boolean().default(false),
} as const;

const schema = z.strictObject(restoreRequestShape).superRefine((request, context) => {
  for (const [path, message] of misfits(request)) context.addIssue({ code: 'custom', path: [path], message });
});

/** One restore as an operator asks for it; on the command line and in the console alike. */
export type RestoreRequest = z.output<typeof schema>;
export type RestoreRequestInput = z.input<typeof schema>;

/** Members that do not go together, each with what to do; for whoever builds on the shape. */
export function misfits(request: z.output<z.ZodObject<typeof restoreRequestShape>>): [string, string][] {
  const { mode } = request;
  const only = (name: keyof typeof request, modes: readonly RestoreMode[]): [string, string][] => {
    const value = request[name];
    if (value === undefined || value === false || modes.includes(mode)) return [];
    return [[name, `goes with mode ${modes.join(' or ')}, and this is mode ${mode}; leave it out`]];
  };
  return [
    ...only('tables', ['table']),
    ...only('strategy', ['table']),
    ...only('rows', ['rows']),
    ...only('where', ['rows']),
    ...only('withDependents', ['rows']),
    ...only('withParents', ['table', 'rows']),
    ...only('allowUnmatched', ['table', 'rows']),
    ...only('preRestoreSet', ['full']),
    ...only('withoutPreRestoreSet', ['full']),
    ...(request.withoutPreRestoreSet && request.preRestoreSet !== undefined
      ? ([
          ['withoutPreRestoreSet', 'contradicts the pre-restore set that is named; leave one of them out'],
        ] as [string, string][])
      : []),
    ...(mode === 'table' && request.tables === undefined
      ? ([['tables', 'is missing; name the tables to bring back']] as [string, string][])
      : []),
    ...(mode === 'rows' && request.rows === undefined && request.where === undefined
      ? ([['rows', 'is missing; give rows ("projects:id=…") or where ("projects:condition")']] as [
          string,
          string,
        ][])
      : []),
    ...(request.at !== undefined && request.set !== 'latest'
      ? ([['at', `is used only with latest, and ${request.set} is one set; leave it out`]] as [
          string,
          string,
        ][])
      : []),
  ];
}

/**
 * Reads a request.
 * @param spell how whoever typed it calls a member: `withDependents` in the console, `--with-dependents` in a shell
 * @throws UsageError naming every member that cannot be used
 */
export function parseRestoreRequest(
  value: unknown,
  spell: (member: string) => string = (member) => member,
): RestoreRequest {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    parsed.error.issues
      .map(({ path, message }) => (path.length === 0 ? message : `${spell(String(path[0]))} ${message}`))
      .join('; '),
  );
}

/** Arguments of the engine for a request, the verb included; the other way round than the command line reads them. */
export function restoreArguments(request: RestoreRequest): string[] {
  const list = (option: string, values: readonly string[] | undefined) =>
    (values ?? []).flatMap((value) => [option, value]);
  const flag = (option: string, given: boolean) => (given ? [option] : []);
  const value = (option: string, given: string | undefined) => (given === undefined ? [] : [option, given]);
  return [
    'restore',
    request.set,
    '--mode',
    request.mode,
    ...value('--at', request.at),
    ...list('--tables', request.tables),
    ...list('--row', request.rows),
    ...list('--where', request.where),
    ...value('--strategy', request.strategy),
    ...flag('--with-dependents', request.withDependents),
    ...flag('--with-parents', request.withParents),
    ...flag('--allow-unmatched', request.allowUnmatched),
    ...flag('--plan', request.plan),
    ...value('--confirm', request.confirm),
    ...value('--pre-restore-set', request.preRestoreSet),
    ...flag('--without-pre-restore-set', request.withoutPreRestoreSet),
  ];
}
