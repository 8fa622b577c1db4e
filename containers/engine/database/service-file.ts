import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SUPABASE_ROOTCERT } from '../../../core/supabase/host.ts';
import { makePrivateDirectory } from '../programs/leftovers.ts';
import { withoutTimeouts } from './session.ts';
import { authorities, sslmodeOf } from './tls.ts';
import type { DatabaseAddress } from './url.ts';

/** How a PostgreSQL client program is told where to connect, without a secret in its arguments or environment. */
export interface ServiceFile extends AsyncDisposable {
  /** Give this as `--dbname`. */
  readonly dbname: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Writes a libpq service file and password file, readable by this user alone; disposing removes both.
 * @param extraOptions server settings for the session, added to those of the connection string
 */
export async function writeServiceFile(
  address: DatabaseAddress,
  extraOptions: Readonly<Record<string, string>> = {},
): Promise<ServiceFile> {
  const directory = await makePrivateDirectory('vpb-pg-');
  const folder = directory.path;
  const options = [
    ...(address.keywords.options === undefined ? [] : [withoutTimeouts(address.keywords.options)]),
    ...Object.entries(extraOptions).map(([name, value]) => `-c ${name}=${value}`),
  ].join(' ');
  const { host = 'localhost', dbname, ...rest } = address.keywords;
  const keywords = {
    keepalives_idle: '30',
    connect_timeout: '30',
    host,
    ...rest,
    ...(await sameTls(address, folder)),
    ...(options === '' ? {} : { options }),
  };
  const lines = Object.entries(keywords).map(([keyword, value]) => `${keyword}=${value}`);
  await writeFile(join(folder, 'service'), `[backup]\n${lines.join('\n')}\n`, { mode: 0o600 });
  const env: Record<string, string> = { PGSERVICEFILE: join(folder, 'service') };
  if (address.password !== undefined) {
    const escaped = address.password.replace(/[\\:]/g, '\\$&');
    await writeFile(join(folder, 'password'), `*:*:*:*:${escaped}\n`, { mode: 0o600 });
    env.PGPASSFILE = join(folder, 'password');
  }
  return {
    dbname: `service=backup ${conninfo(dbname ?? '')}`,
    env,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/**
 * What makes libpq's TLS the same as that of our own sessions: nothing is taken from ~/.postgresql or from Kerberos, and
 * the authorities of the system, and those of Supabase, are written out: clients look for a file of that name.
 */
async function sameTls({ keywords }: DatabaseAddress, folder: string): Promise<Record<string, string>> {
  const none = join(folder, 'none');
  const { sslrootcert = none, sslcert = none } = keywords;
  const same = { gssencmode: 'disable', sslmode: sslmodeOf(keywords), sslcert };
  if (![SUPABASE_ROOTCERT, 'system'].includes(sslrootcert)) return { ...same, sslrootcert };
  const file = join(folder, 'authorities.crt');
  await writeFile(file, authorities(keywords) ?? '', { mode: 0o600 });
  return { ...same, sslrootcert: file };
}

/** A database by its name alone: unquoted, a name with `=` in it would be taken for a connection string. */
function conninfo(dbname: string): string {
  return `dbname='${dbname.replace(/[\\']/g, '\\$&')}'`;
}
