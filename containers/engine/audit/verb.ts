import Table from 'cli-table3';
import { type AuditFilter, type AuditLine, type AuditList, listAudit } from '../../../core/audit-read.ts';
import {
  AUDIT_LIMITS,
  type AuditVerification,
  verifyAudit,
  type Witness,
} from '../../../core/audit-verify.ts';
import { BucketError, reason, StorageError } from '../../../core/errors/index.ts';
import { EXIT } from '../../../core/names.ts';
import type { Outcome } from '../cli/outcome.ts';
import type { Verb } from '../cli/verbs.ts';
import { openBucket, proveBucket } from '../storage/bucket.ts';
import { auditStore } from './store.ts';
import { tableSql } from './table-sql.ts';

export type AuditRequest =
  | { readonly kind: 'list'; readonly filter: AuditFilter }
  | { readonly kind: 'verify'; readonly since: Date | undefined; readonly witness: Witness | undefined }
  /** Say what makes the table backup_audit_log. */
  | { readonly kind: 'install' };

/** The verb `audit`: what was done, and whether the log of it is whole. */
export function auditVerb(request: AuditRequest): Verb {
  return async ({ config, signal }) => {
    if (request.kind === 'install') return install();
    const bucket = openBucket(config.upload.attempts);
    const store = auditStore(bucket, signal);
    if (request.kind === 'list') {
      await proveBucket(bucket);
      const list = await listAudit(store, request.filter);
      if (process.stderr.isTTY) process.stderr.write(`${renderAudit(list)}\n`);
      return { exitCode: EXIT.verified, result: { outcome: 'done', ...list } };
    }
    const { since, witness } = request;
    try {
      await proveBucket(bucket);
      const options = {
        signal,
        ...(since === undefined ? {} : { since }),
        ...(witness === undefined ? {} : { witness }),
      };
      return outcomeOf(await verifyAudit(store, options));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StorageError || error instanceof BucketError)) throw error;
      return {
        exitCode: EXIT.unverified,
        result: { notVerified: [reason(error)], cannotTell: AUDIT_LIMITS },
      };
    }
  };
}

function outcomeOf({ newest, findings, pending, ...counts }: AuditVerification): Outcome {
  const named = newest === undefined ? null : `${newest.number}:${newest.sha256}`;
  const result = { ...counts, newest: named, pending: pending ?? null, findings, cannotTell: AUDIT_LIMITS };
  if (counts.problems > 0) return { exitCode: EXIT.failed, result: { outcome: 'broken', ...result } };
  if (counts.links > 0) return { exitCode: EXIT.verified, result: { outcome: 'whole', ...result } };
  const notVerified = ['there is no chain: no record was written since records are chained'];
  return { exitCode: EXIT.unverified, result: { notVerified, ...result } };
}

function install(): Outcome {
  const sql = tableSql();
  if (process.stderr.isTTY) process.stderr.write(sql);
  return { exitCode: EXIT.verified, result: { outcome: 'done', sql } };
}

/** For a person: a table on standard error, while standard output carries the result. */
export function renderAudit({ records, more }: AuditList): string {
  const table = new Table({
    head: ['began (UTC)', 'event', 'status', 'execution', 'by', 'error'],
    style: { head: [], border: [], compact: true },
  });
  for (const each of records) table.push(row(each));
  return more ? `${table.toString()}\nthere are more; see --limit, --since and --until` : table.toString();
}

function row({
  startedAt,
  event,
  status,
  execution,
  by,
  confirmed,
  error,
  problem,
  key,
}: AuditLine): string[] {
  if (problem !== null) return [startedAt, '?', '?', key, '', problem];
  const approved = confirmed ? `${status} (confirmed)` : status;
  return [startedAt, event ?? '?', approved ?? '?', execution ?? '?', by ?? '', error ?? ''];
}
