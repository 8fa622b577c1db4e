import { messagesOf } from './messages/index.ts';
import { PREFIX } from './names.ts';
import type { Load } from './new-project/plan.ts';
import { type FilesRequest, filesArguments } from './restore-files-request.ts';
import { isPlan, type RestoreInput } from './restore-input.ts';
import type { Bilingual, RestoreTarget, WorkflowMode } from './restore-input-members.ts';
import { readsOf } from './restore-plan.ts';
import { restoreArguments } from './restore-request.ts';
import type { RestorableSet } from './restore-set.ts';
import { tablesOf } from './restore-set.ts';
import { runMinutesOf } from './run-limit.ts';
import { formatSlot } from './set-id.ts';

/** What a restore is about, for people: no value of any row. */
export interface RestoreFacts {
  readonly mode: WorkflowMode;
  readonly planOnly: boolean;
  readonly target: RestoreTarget;
  readonly set: { readonly id: string; readonly snapshotAt: string; readonly verified: boolean } | null;
  readonly tables: readonly string[];
  /** Rows named by their key, and conditions. */
  readonly selections: number;
  readonly strategy: string | null;
  /** The set in which the target is kept first. */
  readonly keptAs: string | null;
  /** Of a rollback: the restore that is taken back. */
  readonly restoreId: string | null;
  /** Of mode `pitr`: the second that is gone back to. */
  readonly at: string | null;
  /** Storage files that are brought back, by themselves or into a new project. */
  readonly files: Pick<FilesRequest, 'backup' | 'at' | 'bucket' | 'prefix' | 'file'> | null;
  /** The Supabase project that is written over, or the name of the one that is made. */
  readonly project: string | null;
}

/** Which part of the workflow a restore goes through. */
export type RestoreWay = 'database' | 'files' | 'pitr' | 'new-project';

/** What the workflow does next. Every member is always there: a path that leads to nothing ends a run uncaught. */
export interface RestoreSteps {
  readonly facts: RestoreFacts;
  readonly description: Bilingual;
  readonly planOnly: boolean;
  readonly way: RestoreWay;
  readonly target: RestoreTarget;
  /** Whether the target is kept as a set before it is written over, and the arguments of the engine for that. */
  readonly preserve: boolean;
  readonly preserveCommand: readonly string[];
  readonly preserveVerifyCommand: readonly string[];
  readonly thaw: {
    readonly needed: boolean;
    readonly setIds: readonly string[];
    readonly tier: string;
    readonly days: number;
    /** How long what is thawed must stay readable, at the least. */
    readonly restoreMinutes: number;
  };
  /** Arguments of the engine. */
  readonly command: readonly string[];
  readonly resultKey: string;
  /** What is brought into a new project. */
  readonly load: Load;
  /** Whether Storage files follow the database into a new project, and the arguments of the engine for that. */
  readonly withFiles: boolean;
  readonly filesCommand: readonly string[];
  readonly filesResultKey: string;
  readonly taskTimeoutSeconds: number;
  /** Minutes, as text, for a variable of the container. */
  readonly runMinutes: string;
}

/** What a plan knows of Supabase, where it is configured. */
export interface RestoreProjects {
  /** The project that is backed up. */
  readonly projectRef?: string | undefined;
  /** What a new one is called. */
  readonly newProjectName?: string | undefined;
}

/**
 * Turns a checked input into what the states of the workflow take.
 * @param set that is restored from; nothing where none is
 * @param timeoutMinutes after which a task is stopped
 */
export function planRestore(
  input: RestoreInput,
  set: RestorableSet | undefined,
  execution: { readonly name: string; readonly startedAt: string },
  timeoutMinutes: number,
  projects: RestoreProjects = {},
): RestoreSteps {
  const preserve = keepsFirst(input);
  const slot = new Date(Math.floor(Date.parse(execution.startedAt) / 1000) * 1000);
  const keptAs = preserve ? `prerestore-${formatSlot(slot)}` : null;
  const facts = factsOf(input, set, keptAs, projects);
  const folder = `${PREFIX.restores}/${encodeURIComponent(execution.name)}`;
  return {
    facts,
    description: { en: messagesOf('en').describe(facts), ko: messagesOf('ko').describe(facts) },
    planOnly: facts.planOnly,
    way: wayOf(input),
    target: input.target,
    preserve,
    preserveCommand: ['backup', '--kind', 'prerestore', '--slot', slot.toISOString(), '--no-verify'],
    preserveVerifyCommand: ['verify', keptAs ?? 'none'],
    // a plan reads manifests and changes nothing, so it does not pay for a thaw either
    thaw: {
      needed: input.kind === 'restore' && !facts.planOnly,
      setIds: set === undefined ? [] : [set.id, ...(set.laidOver ?? [])],
      ...(input.kind === 'restore' ? input.thaw : { tier: 'standard', days: 1 }),
      // keeping the target and reading that back come between
      restoreMinutes: (preserve ? 3 : 1) * timeoutMinutes,
    },
    command: commandOf(input, set, keptAs),
    resultKey: `${folder}/restore.json`,
    load: loadOf(set),
    withFiles: input.kind === 'restore' && input.withFiles,
    filesCommand: filesArguments(ALL_FILES),
    filesResultKey: `${folder}/files.json`,
    taskTimeoutSeconds: 60 * timeoutMinutes,
    runMinutes: String(runMinutesOf(timeoutMinutes)),
  };
}

const ALL_FILES: FilesRequest = { mode: 'files', backup: 'latest', plan: false };

function loadOf(set: RestorableSet | undefined): Load {
  if (set === undefined) return { sizeBytes: 0, tables: 0, objects: 0, storedBytes: 0, webhooks: false };
  const { manifest } = set;
  return {
    sizeBytes: manifest.source.sizeBytes,
    tables: manifest.tables.length,
    ...readsOf(manifest),
    webhooks: manifest.platform?.schemas.includes('supabase_functions') ?? false,
  };
}

function wayOf(input: RestoreInput): RestoreWay {
  if (input.kind === 'pitr' || input.kind === 'files') return input.kind;
  return input.kind === 'restore' && input.target === 'new-project' ? 'new-project' : 'database';
}

/** Whether the workflow itself takes a set of what is written over: not where one is named, or declined. */
function keepsFirst(input: RestoreInput): boolean {
  if (isPlan(input)) return false;
  if (input.kind === 'pitr') return !input.pitr.withoutPreRestoreSet;
  if (input.kind !== 'restore') return false;
  const { mode, confirm, preRestoreSet, withoutPreRestoreSet } = input.request;
  return mode === 'full' && confirm !== undefined && preRestoreSet === undefined && !withoutPreRestoreSet;
}

function commandOf(input: RestoreInput, set: RestorableSet | undefined, keptAs: string | null): string[] {
  switch (input.kind) {
    case 'rollback':
      return ['rollback', input.rollback.restoreId, '--confirm', input.rollback.confirm];
    case 'files':
      return filesArguments(input.request);
    case 'pitr':
      // Supabase restores, and no engine runs
      return [];
    case 'restore': {
      const { at, ...request } = input.request;
      const ofInstant = request.mode === 'full' && at !== undefined;
      return [
        // the set that was chosen, by its id: the engine must not find a newer one that nobody has looked at; of an
        // instant that has passed it finds the same ones
        ...restoreArguments(ofInstant ? input.request : { ...request, set: set?.id ?? request.set }),
        ...(keptAs === null ? [] : ['--pre-restore-set', keptAs]),
      ];
    }
  }
}

function factsOf(
  input: RestoreInput,
  set: RestorableSet | undefined,
  keptAs: string | null,
  { projectRef, newProjectName }: RestoreProjects,
): RestoreFacts {
  const request = input.kind === 'restore' ? input.request : undefined;
  const way = wayOf(input);
  return {
    mode: modeOf(input),
    planOnly: isPlan(input),
    target: input.target,
    set:
      set === undefined
        ? null
        : { id: set.id, snapshotAt: set.manifest.snapshot.time, verified: set.state === 'verified' },
    tables: request === undefined ? [] : tablesOf(request),
    selections: (request?.rows?.length ?? 0) + (request?.where?.length ?? 0),
    strategy: request?.strategy ?? null,
    keptAs,
    restoreId: input.kind === 'rollback' ? input.rollback.restoreId : null,
    at: input.kind === 'pitr' ? input.pitr.at : null,
    files: filesOf(input),
    project: (way === 'pitr' ? projectRef : way === 'new-project' ? newProjectName : undefined) ?? null,
  };
}

function modeOf(input: RestoreInput): WorkflowMode {
  return input.kind === 'restore' ? input.request.mode : input.kind;
}

function filesOf(input: RestoreInput): RestoreFacts['files'] {
  if (input.kind === 'files') {
    const { backup, at, bucket, prefix, file } = input.request;
    return { backup, at, bucket, prefix, file };
  }
  return input.kind === 'restore' && input.withFiles ? { backup: 'latest' } : null;
}
