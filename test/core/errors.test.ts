import { describe, expect, it } from 'vitest';
import * as errors from '../../core/errors/index.ts';
import { EXIT } from '../../core/names.ts';

const cause = new Error('because');
const end = { exitCode: 1, signal: null, seconds: 2, stderr: ' disk full ' };

/** One of each, and what its message must hold: what was got, what was expected, what to do. */
const SAMPLES: readonly [error: errors.ProductError, ...says: string[]][] = [
  [new errors.UsageError('--kind monthly; see --help'), 'monthly'],
  [
    new errors.WorkflowInputInvalid('cannot be used: kind: monthly'),
    'kind: monthly',
    'expected {"kind": "daily"}',
    'daily, weekly, important, critical',
    'nothing was done',
  ],
  [
    new errors.NotMeasuredError(['daily sets (denied)', 'uploads (denied)']),
    'daily sets (denied) / uploads (denied)',
    'expected to be let in everywhere',
    'heading Monitor/Failing',
  ],
  [
    new errors.InventoryAheadError(90, new Date(0)),
    'begins in 90 minutes',
    'it is 1970-01-01T00:00:00.000Z',
    'expected one that has begun',
    'run files backup anew',
  ],
  [
    new errors.CostGuardIncomplete(['running tasks (denied)', 'costs (too many)']),
    'running tasks (denied); costs (too many)',
    'expected to look at everything',
    'see its log',
  ],
  [
    new errors.CostAnswerImplausible('"many" for Amazon S3 on 2026-11-05'),
    '"many" for Amazon S3 on 2026-11-05',
    'expected an amount of US dollars',
    'look at Cost Explorer',
  ],
  [
    new errors.PitrStateImplausible('has a point at x', new Date(0)),
    'has a point at x',
    '1970-01-01T00:00:00.000Z',
    'expected points in the past',
    'look at',
  ],
  [
    new errors.PitrRestoreFailed('a-ref', 'RESTORE_FAILED'),
    'a-ref',
    'is RESTORE_FAILED',
    'support',
    'new-project',
  ],
  [new errors.PitrRestoreUnclear('the answer was lost'), 'the answer was lost', 'look at the project'],
  [new errors.NewProjectFailed('the new project is INIT_FAILED'), 'is INIT_FAILED'],
  [
    new errors.SecretUnwritableError('arn:aws:x', 'access denied'),
    'arn:aws:x',
    'access denied',
    'see the rights',
  ],
  [
    new errors.AuditChainBusyError('audit/x.json', 60),
    'audit/x.json',
    '60 tries',
    'expected',
    'write the record again',
  ],
  [new errors.EvidenceExistsError('drills/a/b'), 'drills/a/b', 'expected an id', 'start another'],
  [
    new errors.DrillCleanUpFailed('vpb-drill-a', ['abc'], 'org', 'a 403'),
    'vpb-drill-a (abc) is still there',
    'a 403',
    'delete it now at https://supabase.com/dashboard/project/abc/settings/general',
  ],
  [new errors.DrillInputInvalid('target: moon'), 'target: moon', 'expected {}', 'nothing was done'],
  [
    new errors.NoServerProgramsError([15], 17),
    'PostgreSQL 15',
    'version 17 or newer',
    'install postgresql-17',
  ],
  [new errors.NoServerProgramsError([], 17), 'no PostgreSQL server was found', '--target database'],
  [
    new errors.TaskPostgresError('did not start', 'out of memory'),
    'did not start',
    'expected',
    'out of memory',
  ],
  [
    new errors.DrillTargetNotEmptyError('shop', ['table a.b']),
    'database shop',
    'table a.b',
    'expected an empty one',
    'nothing was done',
    '--target task',
  ],
  [
    new errors.NoServerProgramsError([15], 17),
    'PostgreSQL 15 was found',
    'version 17 or newer',
    'install postgresql-17',
    'BACKUP_POSTGRES_BINDIRS',
  ],
  [
    new errors.TaskPostgresError('had ended before the drill did', 'LOG: 1\nLOG: 2'),
    'had ended',
    'expected it to run',
    'see memory and free space',
    'LOG: 1 · LOG: 2',
  ],
  [new errors.EventInvalidError(['kind: wrong']), 'kind: wrong', 'see what called'],
  [
    new errors.EnvironmentError('BACKUP_BUCKET', 'is not set', 'set it to the name'),
    'BACKUP_BUCKET',
    'not set',
    'set it to',
  ],
  [new errors.ConfigurationError('c.json', ['a: wrong', 'b: wrong']), 'c.json', 'a: wrong', 'b: wrong'],
  [
    new errors.DatabaseUrlError('DATABASE_URL', 'is none'),
    'DATABASE_URL',
    'expected postgresql://',
    'percent-encoded',
  ],
  [new errors.TransactionPoolerError('db.example'), 'db.example', '6543', '5432'],
  [
    new errors.UnreachableDatabaseError('database d at h:1', 'refused', cause),
    'database d at h:1',
    'refused',
    'check host',
  ],
  [
    new errors.RestoreInputInvalid('"mode" is 7.', '"mode" 값이 7입니다.'),
    '"mode" is 7',
    'Nothing was done',
    '아무 작업도 하지 않았습니다',
  ],
  [new errors.RestoreRefused('Wait for it.', '기다리세요.'), 'Wait', 'Nothing was done', '기다리세요'],
  [new errors.ServerTooOldError('13.2', 14), '13.2', 'expected 14', 'upgrade'],
  [new errors.ClientTooOldError([13, 15], 17, 'restoring'), '13, 15', '17', 'install postgresql-client-17'],
  [new errors.ClientTooOldError([], 17, 'restoring'), 'found none'],
  [new errors.MissingProgramError('zstd'), 'zstd', 'install'],
  [
    new errors.UnreadableTablesError('r', ['a.b'], ['c.d']),
    'role r',
    'no SELECT on a.b',
    'hides rows of c.d',
    'grant SELECT',
  ],
  [new errors.UnreadableLargeObjectsError('r', ['1', '2']), 'role r', '1, 2', 'grant SELECT'],
  [new errors.KeyError('GPG_PUBLIC_KEY holds none; export it'), 'GPG_PUBLIC_KEY'],
  [new errors.NoSuchSetError('daily-1', []), 'daily-1', 'no sets at all'],
  [new errors.UnsuitableSetError('it holds one table; restore another'), 'restore another'],
  [
    new errors.NoSuchTableError(['public.user'], ['public.users']),
    'public.user',
    'did you mean public.users?',
  ],
  [
    new errors.NoSuchRuleError(['user-role'], ['user-roles']),
    '"user-role"',
    'did you mean user-roles?',
    'without --rule everything',
  ],
  [
    new errors.SecretUnreadableError('arn:aws:x', 'it is empty'),
    'arn:aws:x',
    'it is empty',
    'put-secret-value',
  ],
  [new errors.TargetNotEmptyError('d', ['table a'], undefined), 'd is not empty', 'table a', '--confirm d'],
  [new errors.TargetNotEmptyError('d', ['table a'], 'x'), '--confirm says x', '--confirm d'],
  [
    new errors.SetArchivedError(
      'weekly-1',
      '2 are in an archive class',
      'standard: up to 5 h, $0.10',
      'thaw weekly-1',
    ),
    'weekly-1',
    '2 are in an archive class',
    'up to 5 h, $0.10',
    'run thaw weekly-1',
  ],
  [
    new errors.ManifestArchivedError('weekly-1'),
    'manifest of weekly-1',
    'archive class',
    'run thaw weekly-1',
  ],
  [new errors.ObjectArchivedError('k'), 'k', 'archive class', 'not damaged', 'thaw'],
  [new errors.ThawRefusedError(['k: no']), '1 object ', 'k: no', 'run thaw again'],
  [
    new errors.SetsDisagreeError('daily-1', ['t.c is only in critical-2']),
    't.c is only in critical-2',
    'restore daily-1 alone',
  ],
  [new errors.UnsuitableTargetError('it is older; use another'), 'older'],
  [new errors.TargetBusyError('database d at h:1'), 'another restore', 'database d at h:1', 'wait until'],
  [
    new errors.ColumnsUnmatchedError(['t.a is only in the set', 't.b is only in the target']),
    't.a is only in the set; t.b is only in the target',
    '--allow-unmatched',
  ],
  [new errors.NoKeyError(['t']), 't: no primary key', '--strategy replace'],
  [new errors.NoSuchRowError('t:id=1', 'daily-1'), 'daily-1', 't:id=1', 'another time'],
  [
    new errors.ConfirmationMissingError('d', ['2 updated in t'], undefined),
    '2 updated in t',
    '--plan',
    '--confirm d',
  ],
  [new errors.ConfirmationMissingError('d', [], 'x'), '--confirm says x', '--confirm d'],
  [new errors.RoleTooWeakError('r', cause), 'role r', 'because', 'GRANT SET ON PARAMETER', 'inspect'],
  [new errors.RowsOrphanedError(['1 of t'], 'name them'), '1 of t', 'nothing was changed', 'name them'],
  [new errors.RowsRefusedError('t', 't_key', cause), 'rows of t by t_key', 'because', 'inspect'],
  [new errors.NoSuchRestoreError('r-1', []), 'r-1', 'no database was put aside', 'TARGET_DATABASE_URL'],
  [new errors.NoSuchRestoreError('r-1', ['r-2', 'r-3']), 'r-1', 'r-2, r-3', 'pre-restore set'],
  [new errors.AmbiguousRestoreError('r-1', ['a', 'b']), 'r-1', 'a, b', 'COMMENT ON DATABASE'],
  [
    new errors.RollbackUnconfirmedError('d', 'd_old', undefined),
    'd_old',
    'nothing was confirmed',
    '--confirm d',
  ],
  [new errors.RollbackUnconfirmedError('d', 'd_old', 'x'), '--confirm says x', '--confirm d'],
  [new errors.NoPreRestoreSetError('no key'), 'no key', 'GPG_PUBLIC_KEY', '--without-pre-restore-set'],
  [new errors.PreRestoreSetFailedError(cause), 'because', 'not touched', '--pre-restore-set <id>'],
  [new errors.BucketError('b', 'gone', cause), 'bucket b', 'gone', 'check BACKUP_BUCKET'],
  [new errors.ProgramFailedError('gpg', end), 'gpg', 'exit code 1', 'expected exit code 0', 'disk full'],
  [new errors.ProgramFailedError('gpg', { ...end, exitCode: null, signal: 'SIGKILL' }), 'SIGKILL', 'memory'],
  [new errors.ArchiveIncompleteError('k', 'half'), 'k', 'exit code 0', 'half', 'check the PostgreSQL client'],
  [new errors.CompressionFailedError('k', 'no'), 'k', 'exit code 0', 'no', 'check zstd'],
  [new errors.StreamBrokenError('k', cause), 'k', 'because', 'start again'],
  [new errors.DatabaseFailedError('reading', cause), 'reading', 'because', 'start again'],
  [new errors.DatabaseFailedError('reading', cause, 'do this'), 'do this'],
  [new errors.LockTimeoutError(60, cause), '60 s', 'because', 'backup.lockTimeoutSeconds'],
  [new errors.StorageError('writing k', cause), 'writing k', 'because', 'start again'],
  [new errors.RetentionFailed('daily', cause), 'daily sets', 'because', 'no set is lost', 'start it again'],
  [
    new errors.SlackRefused('https://h/secret', new Error('POST https://h/secret: 404')),
    'POST (the webhook): 404',
    'put a new one there',
  ],
  [new errors.ObjectTooLargeError('k', 7, 10_000), 'k', '7 bytes', '10000 parts', 'upload.firstPartMiB'],
  [new errors.ObjectDamagedError('k', 'shorter'), 'k', 'shorter', 'restore from another'],
  [new errors.ManifestUnreadableError('k', 'newer'), 'k', 'newer', 'RESTORE.md'],
  [new errors.ManifestContradictionError('k', ['a', 'b']), 'k contradicts itself: a; b', 'use another set'],
  [new errors.WrongKeyError('daily-1', ['AA', 'BB'], 'no'), 'daily-1', 'AA, BB', 'GPG_PRIVATE_KEY'],
  [
    new errors.RestoreMismatchError('daily-1', ['a differs'], 'try another'),
    'daily-1',
    'a differs',
    'try another',
  ],
  [new errors.InterruptedError('SIGTERM'), 'SIGTERM', 'start again'],
  [new errors.UnforeseenError(cause), 'because', 'taken back', 'report'],
  [new errors.TimeLimitError(360), '360 minutes', 'limits.runMinutes'],
  [new errors.InterruptedError('SIGTERM').leaving('drop d by hand'), 'SIGTERM', 'drop d by hand'],
  [new errors.TimeLimitError(360).leaving('drop d by hand'), '360 minutes', 'drop d by hand'],
  [new errors.NotTakenBackError('drop d by hand', cause), 'because', 'drop d by hand'],
  [new errors.RetentionFailed('daily', cause), 'daily sets', 'because', 'no set is lost', 'start it again'],
  [new errors.SlotTakenError('daily-1'), 'daily-1', 'another run'],
  [new errors.FoundTooLateError(new Error('h is gone; look')), 'after work had begun', 'h is gone; look'],
  [new errors.ObjectTakenError('k'), 'k exists', 'run the slot again'],
  [new errors.SupabaseArgumentInvalid('the project ref', '"x"', '20 letters'), '"x"', 'expected 20 letters'],
  [
    new errors.SupabaseTokenRejected('GET /v1/x', 'it said: no'),
    'GET /v1/x',
    'it said: no',
    'make a new one',
  ],
  [new errors.SupabasePlanRefused('POST /v1/x', 'it said: no'), 'POST /v1/x: 402', 'Billing'],
  [
    new errors.SupabaseForbidden('GET /v1/x', 'it said: no', ['a_read']),
    '403',
    'lacks a_read',
    'a new token',
  ],
  [new errors.SupabaseNotFound('GET /v1/x', 'it said: no'), 'GET /v1/x: 404', 'compare with'],
  [new errors.SupabaseRateLimited('GET /v1/x', 'it said: no', undefined), '429', 'again in a minute'],
  [new errors.SupabaseRefused('POST /v1/x', 409, 'it said: no'), '409, it said: no', 'set right'],
  [new errors.SupabaseUnavailable('GET /v1/x', 503, 'it said: no', 4), '503', '4 times', 'later'],
  [new errors.SupabaseUnreachable('GET /v1/x', 'refused', 1), 'refused; tried once', 'check the way'],
  [new errors.SupabaseAnswerLost('POST /v1/x', 'reset'), 'reset', 'may or may not', 'look first'],
  [new errors.SupabaseAnswerInvalid('GET /v1/x', 'ref: missing'), 'ref: missing', 'proxy'],
  [new errors.SupabasePoolerForeign('abc', 'host evil'), 'host evil', 'compare with Connect'],
  [new errors.ProjectStorageError('h', 'told 403', cause), 'storage at h', 'told 403', 'Storage → S3'],
  [new errors.FileUnreadError('b/n', cause), 'b/n', 'because', 'next run'],
  [new errors.ProjectStorageFailedError('being read', 25, cause), '25 files', 'because', 'start again'],
  [new errors.FileDiffersError('b/n', 'is of 3 bytes', 'the 4'), 'is of 3 bytes, expected the 4', 'upload'],
  [new errors.BlobReplacedError('b/n', 'k', 3, 4), 'b/n', 'k', '3 bytes, expected 4', 'remove that version'],
  [new errors.NoSuchInventoryError('latest', []), 'latest', 'run files backup'],
  [new errors.NoSuchInventoryError('files-1', ['files-2']), 'files-1', 'files-2'],
  [new errors.InventoryDamagedError('k', 'shorter'), 'k is damaged', 'shorter', 'another inventory'],
  [new errors.NoSuchFileError('file x', 'files-1', ['a', 'b']), 'no file x', 'buckets a, b', 'spelling'],
  [new errors.NoSuchFileError('file x', 'files-1', []), 'no buckets'],
  [
    new errors.FilesUnconfirmedError(2, ['b/n'], 'ref', undefined),
    '2 files',
    'b/n',
    'nothing was confirmed',
    '--confirm ref',
  ],
  [new errors.FilesUnconfirmedError(2, ['b/n'], 'ref', 'x'), '--confirm says x', '--confirm ref'],
  [new errors.NoStorageSchemaError('database d at h:1'), 'database d at h:1', 'storage.objects', 'Supabase'],
  [
    new errors.VaultUnreadableError('reader'),
    'role reader',
    'back up as postgres',
    'backup.vaultSecrets off',
  ],
];

/** What cannot be thrown itself. */
const ABSTRACT = ['ProductError', 'InputError', 'FaultError', 'StopError'];
const classes = Object.entries(errors).filter(
  ([name, value]) => typeof value === 'function' && /^[A-Z]/.test(name) && !ABSTRACT.includes(name),
);

describe('the errors of the product', () => {
  it('are all tried below', () => {
    const tried = new Set(SAMPLES.map(([error]) => error.constructor.name));
    expect([...tried].sort()).toEqual(classes.map(([name]) => name).sort());
  });

  it.each(SAMPLES)('%o has the name of its class', (error) => {
    expect(error.name).toBe(error.constructor.name);
    expect(error).toBeInstanceOf(errors.ProductError);
  });

  it('have names that no two share', () => {
    const names = SAMPLES.map(([error]) => error.name);
    expect(new Set(names).size).toBe(classes.length);
  });

  it.each(SAMPLES)('%o exits with 3 for input and 1 for a fault, and is one of the two', (error) => {
    const isInput = error instanceof errors.InputError;
    expect(error instanceof errors.FaultError).toBe(!isInput);
    expect(error.exitCode).toBe(isInput ? EXIT.badInput : EXIT.failed);
  });

  it.each(SAMPLES)('%o says what was got, what was expected and what to do', (error, ...says) => {
    for (const part of says) expect(error.message).toContain(part);
    expect(error.message).not.toMatch(/undefined|\[object|NaN/);
    expect(error.message).not.toContain('\n');
  });

  it('keep the cause where there is one', () => {
    const caused = [
      new errors.UnreachableDatabaseError('x', 'y', cause),
      new errors.BucketError('b', 'p', cause),
      new errors.StreamBrokenError('k', cause),
      new errors.DatabaseFailedError('d', cause),
      new errors.LockTimeoutError(1, cause),
      new errors.StorageError('s', cause),
      new errors.RetentionFailed('daily', cause),
    ];
    for (const error of caused) expect(error.cause).toBe(cause);
  });
});

describe('an answer of S3', () => {
  const answer = (name: string, status: number, more = {}, message = 'told') =>
    new errors.StorageError(
      'reading k',
      Object.assign(new Error(message), {
        name,
        $metadata: { httpStatusCode: status, attempts: 1 },
        ...more,
      }),
    ).message;
  const headers = { 'x-amz-bucket-region': 'eu-west-1', 'content-type': 'text/html' };

  it.each<[string, string, string]>([
    [answer('AccessDenied', 403), 'told (403 AccessDenied); ', 'check the credentials'],
    [answer('InvalidObjectState', 403), '403 InvalidObjectState', 'thaw it first'],
    [answer('RequestTimeTooSkewed', 403), '403 RequestTimeTooSkewed', 'set the clock'],
    [
      answer('SlowDown', 503, { $metadata: { httpStatusCode: 503, attempts: 5 } }),
      'after 5 attempts',
      'start again later',
    ],
    [answer('PermanentRedirect', 301), '301', 'set AWS_REGION'],
    [
      answer('Unknown', 301, { $response: { headers } }, 'UnknownError'),
      'no reason (301)',
      'in region eu-west-1: set AWS_REGION',
    ],
    [
      answer('AuthorizationHeaderMalformed', 400, { Region: 'eu-west-1' }),
      '400',
      'in region eu-west-1: set AWS_REGION',
    ],
    [
      answer('Error', 200, { $response: { headers } }, 'x\n  Deserialization error: see'),
      '200, text/html, which is no answer',
      'proxy',
    ],
    [answer('Oddity', 418), 'told (418 Oddity)', 'check the endpoint'],
  ])('is named with what to do: %s', (message, got, todo) => {
    expect(message).toContain(got);
    expect(message).toContain(todo);
  });
});

describe('the name offered for a wrong one', () => {
  const known = ['public.users', 'public.projects', 'auth.users'];

  it('is the nearest', () => {
    expect(new errors.NoSuchTableError(['public.project'], known).message).toContain(
      'did you mean public.projects?',
    );
    expect(new errors.NoSuchTableError(['auth.user'], known).message).toContain('did you mean auth.users?');
  });

  it('is the whole list where nothing is near, shortened where it is long', () => {
    const many = Array.from({ length: 20 }, (_, i) => `table_${i}`);
    expect(new errors.NoSuchTableError(['엉뚱한'], known).message).toContain(
      'known tables: public.users, public.projects',
    );
    expect(new errors.NoSuchTableError(['엉뚱한'], many).message).toContain('and 12 more');
  });
});

describe('the reason of a failure in one line', () => {
  it.each([
    [new Error('two\n  lines '), 'two lines'],
    [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'refused (ECONNREFUSED)'],
    [Object.assign(new Error('ENOENT: no file'), { code: 'ENOENT' }), 'ENOENT: no file'],
    [new RangeError(''), 'RangeError'],
    ['just text', 'just text'],
    [undefined, 'undefined'],
  ])('of %o is %j', (thrown, line) => {
    expect(errors.reason(thrown)).toBe(line);
  });
});
