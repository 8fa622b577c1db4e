import { messagesOf } from './messages/index.ts';
import { PREFIX } from './names.ts';
import type { RestoreInput } from './restore-input.ts';
import type { Bilingual, RestoreTarget, WorkflowMode } from './restore-input-members.ts';
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
}

/** What the workflow does next. Every member is always there: a path that leads to nothing ends a run uncaught. */
export interface RestoreSteps {
  readonly facts: RestoreFacts;
  readonly description: Bilingual;
  readonly planOnly: boolean;
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
  readonly taskTimeoutSeconds: number;
  /** Minutes, as text, for a variable of the container. */
  readonly runMinutes: string;
}

/**
 * Turns a checked input into what the states of the workflow take.
 * @param set that is restored from; nothing for a rollback
 * @param timeoutMinutes after which a task is stopped
 */
export function planRestore(
  input: RestoreInput,
  set: RestorableSet | undefined,
  execution: { readonly name: string; readonly startedAt: string },
  timeoutMinutes: number,
): RestoreSteps {
  const preserve =
    input.kind === 'restore' &&
    input.request.mode === 'full' &&
    input.request.confirm !== undefined &&
    !input.request.plan;
  const slot = new Date(Math.floor(Date.parse(execution.startedAt) / 1000) * 1000);
  const keptAs = preserve ? `prerestore-${formatSlot(slot)}` : null;
  const facts = factsOf(input, set, keptAs);
  return {
    facts,
    description: { en: messagesOf('en').describe(facts), ko: messagesOf('ko').describe(facts) },
    planOnly: facts.planOnly,
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
    resultKey: `${PREFIX.restores}/${encodeURIComponent(execution.name)}/restore.json`,
    taskTimeoutSeconds: 60 * timeoutMinutes,
    runMinutes: String(runMinutesOf(timeoutMinutes)),
  };
}

function commandOf(input: RestoreInput, set: RestorableSet | undefined, keptAs: string | null): string[] {
  if (input.kind === 'rollback') {
    const { restoreId, confirm } = input.rollback;
    return ['rollback', restoreId, '--confirm', confirm];
  }
  const { at, ...request } = input.request;
  const ofInstant = request.mode === 'full' && at !== undefined;
  return [
    // the set that was chosen, by its id: the engine must not find a newer one that nobody has looked at; of an instant
    // that has passed it finds the same ones
    ...restoreArguments(ofInstant ? input.request : { ...request, set: set?.id ?? request.set }),
    ...(keptAs === null ? [] : ['--pre-restore-set', keptAs]),
  ];
}

function factsOf(input: RestoreInput, set: RestorableSet | undefined, keptAs: string | null): RestoreFacts {
  const request = input.kind === 'restore' ? input.request : undefined;
  return {
    mode: request?.mode ?? 'rollback',
    planOnly: request?.plan ?? false,
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
  };
}
