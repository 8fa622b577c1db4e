import { z } from 'zod';
import { PREFIX } from './names.ts';
import { redactAll } from './redact.ts';

const word = z.string().regex(/^[a-z][a-z-]*$/, 'expected lower-case words joined by -');

/** Statuses that are not the workflow's own word but that of AWS: who asked for it, and who or what ended it. */
export const AWS_STATUS = {
  startRequested: 'start-requested',
  stopRequested: 'stop-requested',
  aborted: 'aborted',
  timedOut: 'timed-out',
} as const;

/** What a workflow has recorded of itself (spec M4). */
export const auditEventSchema = z.object({
  /** `backup`, `restore` … */
  event: word,
  /** `succeeded`, `failed` … */
  status: word,
  execution: z.object({
    id: z.string().min(1),
    name: z.string().min(1),
    startedAt: z.iso.datetime({ offset: true }),
  }),
  /** As the execution was started with it. */
  input: z.unknown(),
  details: z.unknown().optional(),
  error: z.unknown().optional(),
});

export type AuditEvent = z.infer<typeof auditEventSchema>;

/**
 * Key of the record. It holds nothing that differs between two attempts to write it, so that a record written twice is
 * one; records of one day lie together and sort by time.
 */
export function auditKey({ event, status, execution }: AuditEvent): string {
  const started = new Date(execution.startedAt).toISOString();
  const day = started.slice(0, 10).replaceAll('-', '/');
  const time = started.slice(11, 19).replaceAll(':', '');
  return `${PREFIX.audit}/${day}/${time}Z-${event}-${encodeURIComponent(execution.name)}-${status}.json`;
}

/** When the execution began whose record lies under a key; nothing where it is no key of a record. */
export function auditKeyTime(key: string): Date | undefined {
  const [, year, month, day, hour, minute, second] =
    /^audit\/(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)(\d\d)(\d\d)Z-[^/]+\.json$/.exec(key) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** The record itself; nobody can change it later, so nothing secret may come into it. */
export function auditText(event: AuditEvent, writtenAt: Date): string {
  const record = {
    format: 'videoplanet-audit',
    formatVersion: 1,
    writtenAt: writtenAt.toISOString(),
    ...redactAll(event),
    input: redactAll(withoutConfirmation(event.input)),
    ...(isConfirmed(event.input) ? { confirmed: true } : {}),
  };
  return `${JSON.stringify(record, null, 1)}\n`;
}

/** Whether somebody approved of it by typing a name; whether the right one, the workflow finds out. */
function isConfirmed(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'confirm' in input;
}

/** Who restores over something types its name: a check of the person, and nothing that anybody should copy from here. */
function withoutConfirmation(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== 'confirm'));
}
