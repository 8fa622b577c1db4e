import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONTAINER } from '../../core/names.ts';
import type { EngineImage } from '../../local/image/image.ts';
import { buildImage, programInImage, startInImage } from '../support/image.ts';

const BUILD_LIMIT_MS = 900_000;
const ROOT = join(import.meta.dirname, '..', '..');

let image: EngineImage;
beforeAll(async () => {
  image = await buildImage();
}, BUILD_LIMIT_MS);

async function output(...command: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await programInImage(image, command);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.trim();
}

async function devDependencies(): Promise<Record<string, string>> {
  return JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).devDependencies;
}

describe("the engine's image", () => {
  it('answers --help by its entry point', async () => {
    const run = await startInImage(image, ['--help']);
    const { exitCode, stdout } = await run.end;
    await run.remove();
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('restore') });
  });

  it('runs as the user the task definition names, who is nobody else', async () => {
    const ids = await Promise.all([output('id', '-u'), output('id', '-g'), output('id', '-G')]);
    const [uid, gid] = CONTAINER.user.split(':');
    expect(ids).toEqual([uid, gid, gid]);
  });

  it('hands the scratch directory to that user alone', async () => {
    const stat = `JSON.stringify(fs.statSync('${CONTAINER.scratchDir}'))`;
    const { uid, gid, mode } = JSON.parse(await output('node', '--print', stat));
    expect([`${uid}:${gid}`, mode & 0o777]).toEqual([CONTAINER.user, 0o700]);
  });

  it.each(['/', '/engine', '/tmp', '/var/tmp', '/usr/local/bin'])(
    'cannot be written to: %s',
    async (folder) => {
      const { exitCode, stderr } = await programInImage(image, ['touch', join(folder, 'mark')]);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 1,
        stderr: expect.stringMatching(/Read-only file system|Permission denied/),
      });
    },
  );

  it('can write to its scratch volume, where temporary files go', async () => {
    const run = await startInImage(image, [], {}, ['mktemp']);
    const { exitCode, stdout } = await run.end;
    await run.remove();
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(`^${CONTAINER.scratchDir}/`),
    });
  });

  it('has the clients of PostgreSQL 17, gpg and zstd, and the Node the tests ran on', async () => {
    expect(await output('/usr/lib/postgresql/17/bin/pg_dump', '--version')).toMatch(/\(PostgreSQL\) 17\./);
    expect(await output('gpg', '--version')).toMatch(/^gpg \(GnuPG\) 2\./);
    expect(await output('zstd', '--version')).toMatch(/Zstandard CLI/);
    expect(await output('node', '--version')).toBe(`v${(await devDependencies()).node}`);
  });

  it('has the server a drill restores into, with pgvector and the locales of most sources', async () => {
    const bin = '/usr/lib/postgresql/17/bin';
    for (const program of ['initdb', 'postgres', 'pgbench'])
      expect(await output(join(bin, program), '--version')).toMatch(/\(PostgreSQL\) 17\./);
    expect(await output('ls', '/usr/share/postgresql/17/extension')).toContain('vector.control');
    expect((await output('locale', '-a')).split('\n')).toEqual(
      expect.arrayContaining(['C.utf8', 'en_US.utf8', 'ko_KR.utf8']),
    );
  });

  it('has no server made at its installation, and no private key', async () => {
    const folders = ['/etc/postgresql', '/var/lib/postgresql', '/etc/ssl/private'];
    const { stdout } = await programInImage(image, ['find', ...folders, '-mindepth', '1']);
    expect(stdout).toBe('');
  });

  it('holds the engine and nothing else of the repository', async () => {
    expect((await output('ls', '-A', '/engine')).split('\n').sort()).toEqual([
      ...['containers', 'core', 'node_modules', 'package.json'],
    ]);
  });

  it('holds no package that only development needs, and no compiled one', async () => {
    const installed = new Set((await output('ls', '/engine/node_modules')).split('\n'));
    const unscoped = Object.keys(await devDependencies()).filter((name) => !name.startsWith('@'));
    expect(installed).toContain('pg');
    expect(unscoped.filter((name) => installed.has(name))).toEqual([]);
    expect(await output('find', '/engine', '-name', '*.node')).toBe('');
  });

  it('has no program that runs with the rights of its owner or group', async () => {
    expect(await output('find', '/usr', '/engine', '-type', 'f', '-perm', '/6000')).toBe('');
  });
});
