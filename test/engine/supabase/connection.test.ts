import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { writeServiceFile } from '../../../containers/engine/database/service-file.ts';
import { tlsAttempts } from '../../../containers/engine/database/tls.ts';
import { parseDatabaseUrl } from '../../../containers/engine/database/url.ts';
import { projectDatabase } from '../../../containers/engine/supabase/address.ts';
import { SUPABASE_ROOTS } from '../../../core/supabase/certificates.ts';
import { parseDatabaseTarget } from '../../../lambdas/common/database.ts';
import { engine } from '../../support/engine.ts';
import { said } from '../../support/runs.ts';

const POOLER =
  'postgresql://postgres.abcdefghijklmnopqrst:pw@aws-1-ap-northeast-2.pooler.supabase.com:5432/postgres';
const DIRECT = 'postgresql://postgres:pw@db.abcdefghijklmnopqrst.supabase.co:5432/postgres';

function pemsOf(text: string): X509Certificate[] {
  return (text.match(/-----BEGIN [\s\S]*?-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
}

describe('a connection string of a Supabase host', () => {
  it.each([
    POOLER,
    DIRECT,
    `${POOLER}?sslmode=require`,
    `${DIRECT}?sslmode=prefer`,
    `${DIRECT}?sslmode=verify-full`,
  ])('is one whose server is proved, whatever little it asks for: %s', (url) => {
    const address = parseDatabaseUrl(url, 'DATABASE_URL');
    expect(address.keywords).toMatchObject({ sslmode: 'verify-full', sslrootcert: 'supabase' });
    expect(tlsAttempts(address)).toEqual([
      expect.objectContaining({
        ca: SUPABASE_ROOTS,
        rejectUnauthorized: true,
        servername: address.keywords.host,
      }),
    ]);
    expect(parseDatabaseTarget(url, 'secret').attempts).toEqual([
      expect.objectContaining({
        ca: SUPABASE_ROOTS,
        rejectUnauthorized: true,
        servername: address.keywords.host,
      }),
    ]);
  });

  it.each(['disable', 'allow'])('is refused with sslmode=%s, and the password is not repeated', (mode) => {
    for (const parse of [parseDatabaseUrl, parseDatabaseTarget])
      expect(() => parse(`${DIRECT.replace(':pw@', ':hush@')}?sslmode=${mode}`, 'DATABASE_URL')).toThrow(
        /DATABASE_URL has sslmode=(disable|allow): (?!.*hush)/,
      );
  });

  it('may name another authority, and is refused on the port of the transaction pooler', () => {
    const own = parseDatabaseUrl(`${POOLER}?sslrootcert=/some/ca.crt&sslmode=verify-ca`, 'DATABASE_URL');
    expect(own.keywords).toMatchObject({ sslmode: 'verify-ca', sslrootcert: '/some/ca.crt' });
    expect(() => parseDatabaseUrl(POOLER.replace(':5432', ':6543'), 'DATABASE_URL')).toThrow('6543');
  });

  it('leaves every other host alone', () => {
    for (const host of ['localhost', 'supabase.co.example.com', 'mysupabase.co'])
      expect(parseDatabaseUrl(`postgresql://u@${host}/d`, 'DATABASE_URL').keywords.sslmode).toBeUndefined();
  });

  it('gives the client programs a file of both authorities', async () => {
    await using service = await writeServiceFile(parseDatabaseUrl(POOLER, 'DATABASE_URL'));
    const text = await readFile(service.env.PGSERVICEFILE ?? '', 'utf8');
    expect(text).toContain('sslmode=verify-full');
    const file = /^sslrootcert=(.*)$/m.exec(text)?.[1] ?? '';
    expect(pemsOf(await readFile(file, 'utf8')).map(({ fingerprint256 }) => fingerprint256)).toEqual([
      '80:70:25:AD:50:D4:ED:21:9D:2C:9C:7D:29:9C:00:4F:82:4E:B0:0C:F7:F6:5A:FE:F6:07:D0:7B:72:E6:CA:FA',
      '5F:9B:77:95:1A:7A:A1:30:3F:9B:58:EE:A9:BF:A8:9E:35:8C:FD:C1:5F:97:86:FF:10:D4:93:0A:72:2C:9A:E2',
    ]);
  });
});

describe('a project that is named by its ref', () => {
  const env = {
    SUPABASE_PROJECT_REF: 'abcdefghijklmnopqrst',
    SUPABASE_ACCESS_TOKEN: 'sbp_secret',
    SUPABASE_DB_PASSWORD: 'p:w@/%',
  };
  const pooler = {
    host: 'aws-1-ap-northeast-2.pooler.supabase.com',
    port: 5432,
    user: 'postgres.abcdefghijklmnopqrst',
  };

  it('is reached through its session pooler, with the server proved', async () => {
    const asked: string[] = [];
    const address = await projectDatabase(env, (token) => ({
      pooler: async (ref) => {
        asked.push(token, ref);
        return pooler;
      },
    }));
    expect(asked).toEqual(['sbp_secret', 'abcdefghijklmnopqrst']);
    expect(address).toEqual({
      keywords: {
        ...pooler,
        port: '5432',
        dbname: 'postgres',
        sslmode: 'verify-full',
        sslrootcert: 'supabase',
      },
      password: 'p:w@/%',
    });
  });

  it('is refused where the connection string leads to another project', async () => {
    const other = { ...env, SUPABASE_PROJECT_REF: 'tsrqponmlkjihgfedcba' };
    const end = await engine(['backup', '--kind', 'daily'], { ...other, DATABASE_URL: POOLER });
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'EnvironmentError' } } });
    expect(end.result.error.message).toContain('leads to project abcdefghijklmnopqrst');
  });

  it.each(Object.keys(env))('is refused without %s, by that name', async (name) => {
    const end = await engine(['backup', '--kind', 'daily'], { ...env, [name]: ' ' });
    const expected = name === 'SUPABASE_PROJECT_REF' ? 'DATABASE_URL is not set' : `${name} is not set`;
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'EnvironmentError' } } });
    expect(end.result.error.message).toContain(expected);
    expect(`${end.stdout}${end.stderr}`).not.toContain('sbp_secret');
  });
});
