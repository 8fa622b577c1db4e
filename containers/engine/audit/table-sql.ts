import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What makes the table backup_audit_log; run again, it changes nothing. */
export function tableSql(): string {
  return readFileSync(join(import.meta.dirname, 'backup_audit_log.sql'), 'utf8');
}
