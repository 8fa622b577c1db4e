import { randomUUID } from 'node:crypto';
import { EXIT } from '../../../core/names.ts';
import { type Outcome, outcomeWord } from '../cli/outcome.ts';

/** A run as the table backup_audit_log holds it; the columns are described in backup_audit_log.sql. */
export interface AuditRow {
  readonly id: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly verb: string;
  readonly outcome: string;
  readonly exitCode: number;
  readonly setId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly error: string | null;
}

/** Verbs that make a set, or that change a database or its files. */
const RECORDED = new Set(['backup', 'restore', 'rollback', 'files backup', 'files restore']);

/** Members of a result that are a figure or a name of the product's own. What else it holds may come from the database. */
const FIGURES = [
  'snapshotAt',
  'existing',
  'tables',
  'rows',
  'objects',
  'plainBytes',
  'storedBytes',
  'depth',
  'restoreId',
  'files',
  'bytes',
  'seconds',
];

/** An id of its own for a run: when it began, and what tells two apart that began at once. */
export function runId(verb: string, startedAt: Date): string {
  return `${startedAt.toISOString()}-${verb.replace(' ', '-')}-${randomUUID().slice(0, 8)}`;
}

/**
 * The row of a run; nothing for what only looked, made a plan or did nothing. A run that was told to end has no time left
 * for it: Fargate kills what is slow.
 */
export function auditRow(
  verb: string,
  run: Outcome,
  startedAt: Date,
  finishedAt: Date,
): AuditRow | undefined {
  const { exitCode, result } = run;
  const error = nameOf(result.error);
  if (!RECORDED.has(verb) || result.outcome === 'planned') return undefined;
  if (exitCode === EXIT.badInput || error === 'InterruptedError') return undefined;
  return {
    id: runId(verb, startedAt),
    startedAt,
    finishedAt,
    verb,
    outcome: outcomeWord(run),
    exitCode,
    setId: typeof result.id === 'string' ? result.id : null,
    details: Object.fromEntries(
      FIGURES.map((name) => [name, result[name]]).filter(
        ([, value]) => value !== undefined && !Array.isArray(value),
      ),
    ),
    error,
  };
}

function nameOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'name' in error && typeof error.name === 'string'
    ? error.name
    : null;
}
