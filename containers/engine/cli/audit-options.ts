import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Witness } from '../../../core/audit-verify.ts';
import { UsageError } from '../../../core/errors/index.ts';
import { parseInstant } from '../../../core/set-id.ts';
import type { AuditRequest } from '../audit/verb.ts';
import { instant } from './instant.ts';

interface Given {
  since?: Date;
  until?: Date;
  event?: string;
  status?: string;
  execution?: string;
  limit?: number;
  verify?: boolean;
  newest?: Witness;
  install?: boolean;
}

/** Records shown where nobody says how many. */
const LIMIT = 1000;
const MOST = 100_000;

/** Options of `audit`. */
export function auditOptions(verb: Command): Command {
  return verb
    .option('--since <ISO>', 'executions that began at this instant or later', instant(parseInstant))
    .option('--until <ISO>', 'executions that began before this instant', instant(parseInstant))
    .option('--event <event>', 'only backup, restore, rollback, drill, files, retention, reaper …')
    .option(
      '--status <status>',
      'only started, planned, succeeded, failed, aborted, timed-out, start-requested …',
    )
    .option('--execution <name>', 'only this execution')
    .addOption(new Option('--limit <n>', `the newest so many; ${LIMIT}, if not given`).argParser(count))
    .option('--verify', 'see whether a record was removed, changed or put in; with --since from there on')
    .addOption(
      new Option(
        '--newest <n:sha256>',
        'with --verify: what an earlier one said is the newest link',
      ).argParser(witness),
    )
    .option('--install', 'say the SQL that makes the table backup_audit_log, and do nothing');
}

/** @throws UsageError for options that do not go together */
export function auditRequestOf(given: Given): AuditRequest {
  const { since, until, event, status, execution, limit, verify, newest, install } = given;
  const others = Object.keys(given).filter((name) => name !== 'install');
  if (install === true) {
    if (others.length > 0)
      throw new UsageError(`--install goes with nothing else, and --${others[0]} was given`);
    return { kind: 'install' };
  }
  if (since !== undefined && until !== undefined && since >= until)
    throw new UsageError('--since is not before --until; expected an instant before it');
  if (verify === true) {
    const filters = { until, event, status, execution, limit };
    const [useless] = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (useless !== undefined)
      throw new UsageError(
        `--verify looks at all records since --since, and --${useless} was given; leave it out`,
      );
    return { kind: 'verify', since, witness: newest };
  }
  if (newest !== undefined) throw new UsageError('--newest says what --verify looks for; add --verify');
  const filter = {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(event === undefined ? {} : { event }),
    ...(status === undefined ? {} : { status }),
    ...(execution === undefined ? {} : { execution }),
    limit: limit ?? LIMIT,
  };
  return { kind: 'list', filter };
}

function count(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MOST) return number;
  throw new InvalidArgumentError(`${text} is no number of records; expected a whole one from 1 to ${MOST}`);
}

function witness(text: string): Witness {
  const [, number, sha256] = /^([1-9]\d{0,9}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number === undefined || sha256 === undefined)
    throw new InvalidArgumentError(
      `${text} names no link; expected "newest" of the result of an earlier audit --verify`,
    );
  return { number: Number(number), sha256 };
}
