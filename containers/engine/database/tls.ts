import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type ConnectionOptions, getCACertificates, type SecureVersion } from 'node:tls';
import { EnvironmentError, reason } from '../../../core/errors/index.ts';
import { SUPABASE_ROOTS } from '../../../core/supabase/certificates.ts';
import { SUPABASE_ROOTCERT } from '../../../core/supabase/host.ts';
import type { DatabaseAddress } from './url.ts';

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

type Keywords = DatabaseAddress['keywords'];

/** libpq's sslmode as it is when not said: `prefer`, but with the authorities of the system `verify-full`. */
export function sslmodeOf({ sslmode, sslrootcert }: Keywords): string {
  return sslmode ?? (sslrootcert === 'system' ? 'verify-full' : 'prefer');
}

/**
 * libpq's sslmode as a row of attempts: `prefer`, its default, takes TLS where offered and does without elsewhere.
 * @throws EnvironmentError for a mode that does not exist, one that checks nothing or lacks what to check by, and for
 *   files that cannot be used
 */
export function tlsAttempts({ keywords }: DatabaseAddress): (ConnectionOptions | false)[] {
  const { host = 'localhost' } = keywords;
  if (host.startsWith('/')) return [false];
  const mode = sslmodeOf(keywords);
  refuseHalfChecks(mode, keywords.sslrootcert);
  const unverified = { ...certificates(keywords), rejectUnauthorized: false };
  const verified = { ...certificates(keywords), rejectUnauthorized: true, servername: host };
  // no look at the name on the certificate: the chain alone counts
  const chainOnly = { ...verified, checkServerIdentity: () => undefined };
  switch (mode) {
    case 'disable':
      return [false];
    case 'require':
      return [keywords.sslrootcert === undefined ? unverified : chainOnly];
    case 'verify-ca':
      return [chainOnly];
    case 'verify-full':
      return [verified];
    default:
      return [unverified, false];
  }
}

/** What would be checked by one half of a run only, or by nobody though the connection string looks as if. */
function refuseHalfChecks(mode: string, sslrootcert: string | undefined): void {
  if (!MODES.includes(mode))
    throw refused(`sslmode=${mode}`, 'expected disable, allow, prefer, require, verify-ca or verify-full');
  if (mode.startsWith('verify') && sslrootcert === undefined)
    throw refused(
      `sslmode=${mode} without sslrootcert, so there is nothing to verify the server by`,
      'add sslrootcert=<file of the certificate authority>, or sslrootcert=system for a public one',
    );
  if (sslrootcert === 'system' && mode !== 'verify-full')
    throw refused(`sslrootcert=system with sslmode=${mode}`, 'expected sslmode=verify-full');
  if (sslrootcert !== undefined && ['allow', 'prefer'].includes(mode))
    throw refused(
      `sslrootcert with sslmode=${mode}, the default, under which a server that fails the check is taken without TLS`,
      'add sslmode=verify-full',
    );
}

/**
 * Certificates of the authorities a server is verified by, as PEM text; nothing where none were named.
 * @throws EnvironmentError when there are none
 */
export function authorities({ sslrootcert }: Keywords): string | undefined {
  if (sslrootcert === undefined) return undefined;
  if (sslrootcert === SUPABASE_ROOTCERT) return SUPABASE_ROOTS;
  if (sslrootcert !== 'system') return readPem('sslrootcert', sslrootcert);
  const text = getCACertificates('system').join('\n');
  if (text === '')
    throw refused(
      'sslrootcert=system, and this system has no certificate authorities',
      'install ca-certificates',
    );
  return text;
}

function certificates(keywords: Keywords): ConnectionOptions {
  const { sslcert, sslkey, ssl_min_protocol_version: min, ssl_max_protocol_version: max } = keywords;
  if ((sslcert === undefined) !== (sslkey === undefined))
    throw refused('only one of sslcert and sslkey', 'a client certificate needs both');
  const ca = authorities(keywords);
  return {
    minVersion: (min ?? 'TLSv1.2') as SecureVersion,
    ...(max === undefined ? {} : { maxVersion: max as SecureVersion }),
    ...(ca === undefined ? {} : { ca }),
    ...(sslcert === undefined ? {} : { cert: readPem('sslcert', sslcert) }),
    ...(sslkey === undefined ? {} : { key: readKey(sslkey) }),
  };
}

function readPem(keyword: string, path: string): string {
  const text = read(keyword, path);
  try {
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw refused(
      `${keyword}=${path}, which is no certificate (${reason(error)})`,
      'expected a PEM file with -----BEGIN CERTIFICATE-----',
    );
  }
}

/** libpq takes no key that others can read, and only a file of root's may be read by its group. */
function readKey(path: string): string {
  const text = read('sslkey', path);
  const { mode, uid } = statSync(path);
  if ((mode & (uid === 0 ? 0o037 : 0o077)) === 0) return text;
  throw refused(`sslkey=${path}, which others can read`, 'chmod 600 it');
}

function read(keyword: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(`${keyword}=${path}, which cannot be read`, reason(error));
  }
}

function refused(has: string, todo: string): EnvironmentError {
  return new EnvironmentError('the connection string', `has ${has}`, todo);
}

/** What OpenSSL and Node call what they find wrong with a certificate or a handshake. */
const TLS_CODE = /CERT|SIGNED|ISSUER|SIGNATURE|^ERR_(OSSL|SSL|TLS)|^EPROTO$/;

/** Whether TLS is what failed, so that the sslmode is worth naming. */
export function isTlsFailure(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return TLS_CODE.test(code) || error.message.includes('SSL connection');
}
