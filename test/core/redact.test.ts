import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditText } from '../../core/audit.ts';
import { lambdaMessage } from '../../core/failure/causes.ts';
import { REDACTED, redact, redactAll } from '../../core/redact.ts';
import { secretTexts } from '../support/secrets.ts';

/** Text around a secret: words, line breaks, quotes, other languages; nothing that makes it part of another word. */
const around = fc
  .array(
    fc.constantFrom(
      'failed:',
      'pg_dump:',
      '데이터베이스',
      '(x)',
      '\n',
      '"',
      "'",
      'at 127.0.0.1:5432,',
      '…',
      '=',
    ),
    { maxLength: 6 },
  )
  .map((words) => words.join(' '));

describe('a text without its secrets', () => {
  it.each(Object.entries(secretTexts))('has lost %s, whatever stands around it', (_, texts) => {
    fc.assert(
      fc.property(around, texts, around, (before, { text, secret }, after) => {
        const left = redact(`${before} ${text} ${after}`);
        expect(left).not.toContain(secret);
        expect(left).toContain(REDACTED);
      }),
      { numRuns: 200 },
    );
  });

  it('has lost several at once, and is not changed by doing it again', () => {
    const several = fc
      .array(fc.oneof(...Object.values(secretTexts)), { minLength: 2, maxLength: 5 })
      .filter((all) => new Set(all.map(({ secret }) => secret)).size === all.length);
    fc.assert(
      fc.property(several, (all) => {
        const left = redact(all.map(({ text }) => text).join(' ; '));
        for (const { secret } of all) expect(left).not.toContain(secret);
        expect(redact(left)).toBe(left);
      }),
      { numRuns: 300 },
    );
  });

  it('has lost the half of a secret too that somebody else cut', () => {
    expect(redact('cannot parse postgresql://postgres:hunter2hunt…')).toBe(
      `cannot parse postgresql://postgres:${REDACTED}…`,
    );
    expect(redact('key eyJhbGciOiJIUzI1NiIsInR5cCI6…')).not.toContain('hbGci');
  });

  it.each([
    "{ host: 'db', password: 'hunter2' }",
    "{'sslPassword': 'hunter2'}",
    'gpgPassphrase: "hunter2"',
    'no_service at hooks.slack.com/services/T0/B0/hunter2',
  ])('has lost what a console prints: %s', (text) => {
    expect(redact(text)).not.toContain('hunter2');
    expect(redact(text)).toContain(REDACTED);
  });

  it('is taken before it is cut: half a secret looks like none', () => {
    const said = `${'x '.repeat(190)}postgresql://postgres:hunter2-hunter2-hunter2@db.example/postgres`;
    const cut = lambdaMessage(JSON.stringify({ errorMessage: said }));
    expect(cut.length).toBeLessThan(420);
    expect(cut).not.toContain('hunter2');
  });

  it.each([
    'daily/20261123T170000Z/data/public.users/0001.copy.zst.gpg',
    'audit/2026/11/24/020000Z-backup-run-1-failed.json',
    'daily-20261123T170000Z',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12',
    'ABCDEF0123456789ABCDEF0123456789ABCDEF01',
    'arn:aws:states:ap-northeast-2:123456789012:execution:videoplanet-production-restore:0d7a7a0e-2d0c-4c8e-9f3f-0a0b0c0d0e0f',
    'arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:videoplanet-backup/production/database-url-AbCdEf',
    'https://ap-northeast-2.console.aws.amazon.com/states/home?region=ap-northeast-2#/v2/executions/details/arn:aws:states:ap-northeast-2:1:execution:b:r',
    'https://ap-northeast-2.console.aws.amazon.com/cloudwatch/home?region=ap-northeast-2#logsV2:log-groups/log-group/x$2526y',
    'database d at db.example:5432: connection refused',
    'postgresql://db.example:5432/postgres',
    'password authentication failed for user "postgres.abcdefghijklmnopqrst"',
    'Connection string and password: secret videoplanet-backup/production/new-project',
    '접속 문자열과 비밀번호: 시크릿 videoplanet-backup/production/new-project',
    'put that key into GPG_PRIVATE_KEY and its passphrase into GPG_PASSPHRASE',
    'the access token may have run out; the secret slack-webhook-url holds none',
    '{"mode": "rollback", "restoreId": "20261127T101530Z-3fa9", …}',
    '"confirm": "postgres"',
    'gpg --batch --passphrase-fd 3 --decrypt',
    'Key (email)=(a@b.example) already exists; row (1, a:b@c) of public.users',
    'https://abcdefghijklmnopqrst.supabase.co/storage/v1/object/public/a@b/c.png',
    'mail https://example.com:8443/a?b=c@d',
    '',
  ])('is the same where there is none: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('keeps keys of sets and hashes, whatever they are', () => {
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
    const name = fc.string({
      unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz_'),
      minLength: 1,
      maxLength: 40,
    });
    const kind = fc.constantFrom('daily', 'archive', 'important', 'critical', 'prerestore');
    fc.assert(
      fc.property(hex, name, kind, (hash, table, prefix) => {
        const text = `${prefix}/20261123T170000Z/data/public.${table}/0001.copy.zst.gpg ${hash} ${hash.slice(0, 40)} assets/blobs/${hash.slice(0, 2)}/${hash}.gpg`;
        expect(redact(text)).toBe(text);
      }),
    );
  });

  it('is quick over a long one without any', () => {
    const long = 'a_b-c.d/e:f=g '.repeat(20_000);
    expect(redact(long)).toBe(long);
  });
});

describe('a value without its secrets', () => {
  it('has lost them in every text, and by the name of the member', () => {
    const value = {
      input: { targetUrl: 'postgres://u:hunter2@h/d', n: 1, none: null, list: ['--passphrase hunter2'] },
      db_password: 'x',
      secret: 'videoplanet-backup/production/new-project',
      password: '',
    };
    expect(redactAll(value)).toEqual({
      input: {
        targetUrl: `postgres://u:${REDACTED}@h/d`,
        n: 1,
        none: null,
        list: [`--passphrase ${REDACTED}`],
      },
      db_password: REDACTED,
      secret: 'videoplanet-backup/production/new-project',
      password: '',
    });
  });

  it('is what goes on record', () => {
    const record = auditText(
      {
        event: 'restore',
        status: 'failed',
        execution: { id: 'i', name: 'n', startedAt: '2026-11-24T00:00:00Z' },
        input: { mode: 'full', note: 'PGPASSWORD=hunter2' },
        details: { said: 'postgres://u:hunter2@h/d' },
        error: { cause: 'Bearer abcdefghijklmnop12345' },
      },
      new Date(),
    );
    expect(record).not.toMatch(/hunter2|abcdefghijklmnop12345/);
    expect(JSON.parse(record)).toMatchObject({ input: { mode: 'full' } });
  });
});
