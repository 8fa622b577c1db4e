import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import pg from 'pg';
import { expect, inject } from 'vitest';
import { type Manifest, parseManifest } from '../../core/manifest.ts';
import { parseSetId, setFolder } from '../../core/set-id.ts';
import { describeDatabase, differences } from './compare.ts';
import { type EngineEnd, engine, type TestBucket, withClient } from './engine.ts';

/** What vitest prints when a run did not end as expected: everything the engine said. */
export const said = ({ stdout, stderr }: EngineEnd) => `${stderr}\n${stdout}`;

/** Makes a set that must be verified. @returns the result of the verb */
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever the verb says
export async function backUp(env: Record<string, string>, ...args: string[]): Promise<any> {
  const end = await engine(['backup', ...(args.length === 0 ? ['--kind', 'daily'] : args)], env);
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
  return end.result;
}

/** Brings a set back; everything must be proved. @returns the result of the verb */
// biome-ignore lint/suspicious/noExplicitAny: as above
export async function restore(env: Record<string, string>, id: string, ...args: string[]): Promise<any> {
  const end = await engine(['restore', id, '--mode', 'full', ...args], env);
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified', notVerified: [] } });
  return end.result;
}

/** Compares two databases without any of the product's code. */
export async function expectEqual(major: 15 | 17, first: string, second: string): Promise<void> {
  const { binDir } = inject('servers')[major];
  const [a, b] = [
    await describeDatabase({ url: first, binDir }),
    await describeDatabase({ url: second, binDir }),
  ];
  expect(differences(a, b)).toEqual([]);
}

export async function readObject({ client, name }: TestBucket, key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** The manifest of the one set of this id: sets of two kinds may have one slot. */
export async function readManifest(bucket: TestBucket, id: string): Promise<Manifest> {
  const key = `${setFolder(parseSetId(id))}manifest.json`;
  return parseManifest((await readObject(bucket, key)).toString('utf8'), key);
}

/** As they are: a last byte that is a line feed belongs to them. */
const BYTES = { encoding: 'buffer', stripFinalNewline: false } as const;

/** Bytes of an object as they were before zstd and gpg, by those programs themselves. */
export async function decrypt(sealed: Buffer, gnupgHome: string): Promise<Buffer> {
  const gpg = ['gpg', '--batch', '--quiet', '--homedir', gnupgHome, '--decrypt'] as const;
  const packed = await execa(gpg[0], gpg.slice(1), { input: sealed, ...BYTES });
  const plain = await execa('zstd', ['--decompress', '--stdout'], {
    input: packed.stdout,
    ...BYTES,
    maxBuffer: 1e9,
  });
  return Buffer.from(plain.stdout);
}

/** Lines of a custom-format archive's table of contents, without numbers: `TABLE DATA public users postgres`. */
export async function contentsOfArchive(archive: Buffer, binDir: string): Promise<string[]> {
  const { stdout } = await execa(join(binDir, 'pg_restore'), ['--list'], { input: archive });
  return stdout.split('\n').flatMap((line) => /^\d+; \d+ \d+ (.*)/.exec(line)?.[1] ?? []);
}

/** A database with exactly this name on a server, dropped by nobody: the server goes with the tests. */
export async function makeNamedDatabase(serverUrl: string, name: string, options = ''): Promise<void> {
  await withClient(serverUrl, (client) =>
    client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} ${options}`),
  );
}

/** A role of its own: roles belong to the server, and other tests use the same one. */
export async function makeRole(serverUrl: string, attributes: string): Promise<string> {
  const name = `role_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await withClient(serverUrl, (client) => client.query(`CREATE ROLE ${name} ${attributes}`));
  return name;
}

/** The URL with other credentials; percent-encodes them. */
export function asUser(url: string, user: string, password?: string): string {
  const encoded = [user, ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(':');
  return url.replace(/^postgresql:\/\/[^@]*@/, () => `postgresql://${encoded}@`);
}

/** Waits until something is so; how long is for the test's own limit to say. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
