import { z } from 'zod';
import { AWS_STATUS, auditKeyTime } from './audit.ts';
import { CHAIN_FOLDER } from './audit-chain.ts';
import type { AuditReader } from './audit-verify.ts';
import { PREFIX } from './names.ts';

/** Which records are asked for. */
export interface AuditFilter {
  /** Executions that began at this instant or later. */
  readonly since?: Date;
  /** Executions that began before this instant. */
  readonly until?: Date;
  /** `backup` …; `rollback` is a restore that was asked to be one. */
  readonly event?: string;
  readonly status?: string;
  /** Name of an execution. */
  readonly execution?: string;
  /** The newest so many. */
  readonly limit: number;
}

/** A record in a line. */
export interface AuditLine {
  readonly key: string;
  readonly startedAt: string;
  readonly writtenAt: string | null;
  readonly event: string | null;
  readonly status: string | null;
  readonly execution: string | null;
  /** The principal that asked for it, where AWS told: see docs/adr/0022. */
  readonly by: string | null;
  /** Whether somebody approved of it by typing the target's name. */
  readonly confirmed: boolean;
  readonly error: string | null;
  /** Why the record cannot be read, where it cannot. */
  readonly problem: string | null;
}

export interface AuditList {
  /** Newest first. */
  readonly records: readonly AuditLine[];
  /** Whether there are more than asked for. */
  readonly more: boolean;
}

/** What listing needs besides. */
export interface AuditListStore extends AuditReader {
  listFolders(prefix: string): Promise<string[]>;
}

const recordSchema = z.object({
  writtenAt: z.string(),
  event: z.string(),
  status: z.string(),
  execution: z.object({ id: z.string(), name: z.string() }),
  input: z.unknown(),
  confirmed: z.boolean().default(false),
  details: z
    .object({ by: z.object({ arn: z.string() }).optional() })
    .optional()
    .catch(undefined),
  error: z.object({ error: z.string() }).optional().catch(undefined),
});

/** Requests under way at once. */
const AT_ONCE = 32;

/** Records by the filter, newest first. Reads the days in the range, of those the records whose keys fit, and no more than asked for. */
export async function listAudit(store: AuditListStore, filter: AuditFilter): Promise<AuditList> {
  const found: Read[] = [];
  const principals = new Map<string, string>();
  for await (const keys of fittingKeys(store, filter)) {
    for (let from = 0; from < keys.length && found.length <= filter.limit; from += AT_ONCE) {
      const batch = await Promise.all(keys.slice(from, from + AT_ONCE).map((key) => readRecord(store, key)));
      for (const each of batch) {
        if (each.by !== undefined) principals.set(each.id, each.by);
        if (fits(each, filter)) found.push(each);
      }
    }
    if (found.length > filter.limit) break;
  }
  return {
    records: found
      .slice(0, filter.limit)
      .map(({ line, id }) => ({ ...line, by: principals.get(id) ?? null })),
    more: found.length > filter.limit,
  };
}

/** Keys of one day after the other, the newest first. */
async function* fittingKeys(store: AuditListStore, filter: AuditFilter): AsyncGenerator<string[]> {
  for await (const day of days(store, filter)) {
    const keys: string[] = [];
    for await (const page of store.pages(day))
      keys.push(...page.map(({ key }) => key).filter((key) => keyFits(key, filter)));
    yield keys.reverse();
  }
}

async function* days(store: AuditListStore, { since, until }: AuditFilter): AsyncGenerator<string> {
  const first = since === undefined ? '' : dayFolder(since);
  const last = until === undefined ? '\uffff' : dayFolder(until);
  /** Folders of a level, newest first, that may hold a day of the range. */
  const below = async (folder: string) =>
    (await store.listFolders(folder))
      .filter((each) => each !== CHAIN_FOLDER)
      .filter((each) => each >= first.slice(0, each.length) && each <= last.slice(0, each.length))
      .sort()
      .reverse();
  for (const year of await below(`${PREFIX.audit}/`))
    for (const month of await below(year)) yield* await below(month);
}

function dayFolder(time: Date): string {
  return `${PREFIX.audit}/${time.toISOString().slice(0, 10).replaceAll('-', '/')}/`;
}

/** What a key says already: most of what is not asked for is never read. */
function keyFits(key: string, { since, until, event, status, execution }: AuditFilter): boolean {
  const began = auditKeyTime(key);
  if (began === undefined) return false;
  // a key has no fractions of a second
  if (since !== undefined && began.getTime() < Math.floor(since.getTime() / 1000) * 1000) return false;
  if (until !== undefined && began >= until) return false;
  const name = key.slice(key.lastIndexOf('/') + 1);
  // who asked for an execution stands in a record of its own
  if (execution !== undefined && !name.includes(`-${encodeURIComponent(execution)}-`)) return false;
  if (event !== undefined && !name.includes(`Z-${event === 'rollback' ? 'restore' : event}-`)) return false;
  return (
    status === undefined || [status, AWS_STATUS.startRequested].some((each) => name.endsWith(`-${each}.json`))
  );
}

interface Read {
  readonly line: Omit<AuditLine, 'by'>;
  readonly id: string;
  readonly by: string | undefined;
  readonly isRollback: boolean;
}

async function readRecord(store: AuditReader, key: string): Promise<Read> {
  const startedAt = auditKeyTime(key)?.toISOString() ?? '';
  const unread = (problem: string): Read => ({
    line: {
      ...{ key, startedAt, writtenAt: null, event: null, status: null, execution: null },
      ...{ confirmed: false, error: null, problem },
    },
    id: key,
    by: undefined,
    isRollback: false,
  });
  const text = await store.getText(key);
  if (text === undefined) return unread('it was listed, and is not there');
  const record = recordSchema.safeParse(jsonOf(text));
  if (!record.success) return unread('it is not a record of this product; see audit --verify');
  const { writtenAt, event, status, execution, input, confirmed, details, error } = record.data;
  return {
    line: {
      ...{ key, startedAt, writtenAt, event, status, execution: execution.name, confirmed },
      error: error?.error ?? null,
      problem: null,
    },
    id: execution.id,
    by: status === AWS_STATUS.startRequested ? details?.by?.arn : undefined,
    isRollback: typeof input === 'object' && input !== null && 'mode' in input && input.mode === 'rollback',
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What cannot be read fits everything that its key does: it must not go unseen. */
function fits({ line, isRollback }: Read, { event, status, execution }: AuditFilter): boolean {
  if (line.problem !== null) return true;
  if (event === 'rollback' ? !isRollback : event !== undefined && line.event !== event) return false;
  if (execution !== undefined && line.execution !== execution) return false;
  return status === undefined || line.status === status;
}
