import { describe, expect, it } from 'vitest';
import { isSupabaseHost, PROJECT_REF, projectRefOf, supabaseTls } from '../../core/supabase/host.ts';
import {
  ACCOUNTS,
  hasUserRows,
  isManagedSchema,
  isPlatformRole,
  isRoleOfEveryProject,
  isUserTable,
  MANAGED_SCHEMAS_PATTERN,
} from '../../core/supabase/managed.ts';

const REF = 'abcdefghijklmnopqrst';
const POOLER = 'aws-0-eu-central-1.pooler.supabase.com';

describe('a host of Supabase', () => {
  it.each([`db.${REF}.supabase.co`, POOLER, `${REF}.supabase.co`, 'supabase.com', 'db.x.supabase.net'])(
    'is %s',
    (host) => expect(isSupabaseHost(host)).toBe(true),
  );

  it.each([
    undefined,
    '',
    '127.0.0.1',
    'evilsupabase.co',
    'supabase.co.example.com',
    `db.${REF}.supabase.org`,
    'supabase.example.com',
  ])('is not %s', (host) => expect(isSupabaseHost(host)).toBe(false));
});

describe('the ref of a project', () => {
  it.each([
    [`db.${REF}.supabase.co`, 'postgres', REF],
    [`${REF}.supabase.co`, undefined, REF],
    [POOLER, `postgres.${REF}`, REF],
    [POOLER, `backup_reader.${REF}`, REF],
    // the host is what one reaches
    [`db.${REF}.supabase.co`, 'postgres.tsrqponmlkjihgfedcba', REF],
    [POOLER, 'postgres', undefined],
    [POOLER, 'postgres.short', undefined],
    [POOLER, undefined, undefined],
    ['db.example.com', `postgres.${REF}`, undefined],
    [undefined, `postgres.${REF}`, undefined],
  ])('of host %s and user %s is %s', (host, user, ref) => {
    expect(projectRefOf({ host, user })).toBe(ref);
  });

  it('is twenty letters', () => {
    expect(PROJECT_REF.test(REF)).toBe(true);
    for (const other of ['', REF.slice(1), `${REF}a`, REF.toUpperCase(), `${REF.slice(1)}1`, `${REF}\n`])
      expect(PROJECT_REF.test(other)).toBe(false);
  });
});

describe('TLS to a host of Supabase', () => {
  const full = { sslmode: 'verify-full', sslrootcert: 'supabase' };

  it.each([undefined, 'prefer', 'require', 'verify-full'])('checks all with sslmode %s', (sslmode) => {
    expect(supabaseTls(sslmode === undefined ? {} : { sslmode })).toEqual(full);
  });

  it('keeps what the string chose on purpose', () => {
    expect(supabaseTls({ sslmode: 'verify-ca' })).toEqual({ ...full, sslmode: 'verify-ca' });
    expect(supabaseTls({ sslmode: 'require', sslrootcert: '/ca.pem' })).toEqual({
      sslmode: 'require',
      sslrootcert: '/ca.pem',
    });
    expect(supabaseTls({ sslrootcert: '/ca.pem' })).toEqual({ ...full, sslrootcert: '/ca.pem' });
  });

  it.each(['disable', 'allow'])('is refused with sslmode %s, with a file or without', (sslmode) => {
    expect(supabaseTls({ sslmode })).toEqual({ refuse: expect.stringContaining(`sslmode=${sslmode}`) });
    expect(supabaseTls({ sslmode, sslrootcert: '/ca.pem' })).toHaveProperty('refuse');
  });
});

describe('what the platform looks after', () => {
  const pattern = new RegExp(`^${MANAGED_SCHEMAS_PATTERN}$`);

  it.each(['auth', 'storage', 'vault', '_realtime', '_timescaledb_internal', 'timescaledb_information'])(
    'is the schema %s',
    (schema) => {
      expect(isManagedSchema(schema)).toBe(true);
      expect(pattern.test(schema)).toBe(true);
    },
  );

  it.each([
    'public',
    'private',
    'authors',
    'my_auth',
    'storage2',
    'supabase_migrations',
    'timescale',
    'Auth',
  ])('is not the schema %s', (schema) => {
    expect(isManagedSchema(schema)).toBe(false);
    expect(pattern.test(schema)).toBe(false);
  });

  it('holds rows of the user in some schemas, and there not in every table', () => {
    expect(['auth', 'storage', 'supabase_functions', 'vault', 'cron', 'public'].filter(hasUserRows)).toEqual([
      'auth',
      'storage',
      'supabase_functions',
    ]);
    const isUsers = (text: string) => {
      const [schema = '', name = ''] = text.split('.');
      return isUserTable({ schema, name });
    };
    expect(
      ['auth.users', 'auth.mfa_factors', 'storage.objects', 'supabase_functions.hooks'].every(isUsers),
    ).toBe(true);
    expect(
      ['auth.schema_migrations', 'storage.migrations', 'storage.s3_multipart_uploads', 'vault.secrets'].some(
        isUsers,
      ),
    ).toBe(false);
    expect(ACCOUNTS.every(isUsers)).toBe(true);
  });

  it.each(['supabase_admin', 'supabase_auth_admin', 'pgbouncer', 'dashboard_user', 'cli_login_postgres'])(
    'is the role %s, which every project has and nobody becomes',
    (role) => {
      expect(isPlatformRole(role)).toBe(true);
      expect(isRoleOfEveryProject(role)).toBe(true);
    },
  );

  it.each(['anon', 'authenticated', 'authenticator', 'service_role', 'postgres'])(
    'is the role %s of every project, which a user may become',
    (role) => {
      expect(isPlatformRole(role)).toBe(false);
      expect(isRoleOfEveryProject(role)).toBe(true);
    },
  );

  it.each(['backup_reader', 'my_supabase_role', 'pgbouncer2', 'supabase', 'anonymous'])(
    'is not the role %s',
    (role) => expect(isRoleOfEveryProject(role)).toBe(false),
  );
});
