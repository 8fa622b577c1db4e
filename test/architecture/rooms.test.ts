import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { type Import, importsOf, sourceFiles } from '../support/imports.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LONGEST_FILE = 300;
/** Rooms of the product and of its tools, and what of the project each may use besides itself. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  core: [],
  containers: ['core'],
  lambdas: ['core'],
  lib: ['core'],
  bin: ['core', 'lib'],
};
const MAY_USE_LOCAL = ['local', 'test', 'bench'];
const FORBIDDEN_PACKAGES: Readonly<Record<string, RegExp>> = {
  core: /^(@aws-sdk\/|@aws-cdk\/|aws-cdk-lib|constructs)/,
  lib: /^@aws-sdk\//,
  lambdas: /^aws-cdk-lib(\/|$)/,
  containers: /^aws-cdk-lib(\/|$)/,
};
const MEASURED = ['bin', 'core', 'lib', 'lambdas', 'containers', 'local'];
const ROOMS = [...MEASURED, 'test', 'bench'];

const roomOf = (path: string) => (path.includes('/') ? (path.split('/')[0] ?? '') : '(root)');

/** Every import that goes where its room may not go, as a sentence. */
async function trespasses(root: string): Promise<string[]> {
  const imports = await importsOf(root, await sourceFiles(root, ROOMS));
  return imports.flatMap((found) => (mayGo(found) ? [] : [`${found.from} imports ${found.specifier}`]));
}

function mayGo({ from, specifier, target }: Import): boolean {
  const room = roomOf(from);
  if (target === undefined) return !(FORBIDDEN_PACKAGES[room]?.test(specifier) ?? false);
  const goal = roomOf(target);
  if (goal === room) return true;
  if (goal === 'local') return MAY_USE_LOCAL.includes(room);
  return MAY_USE[room]?.includes(goal) ?? true;
}

async function tooLong(root: string): Promise<string[]> {
  const files = (await sourceFiles(root, MEASURED)).filter((file) => /\.(ts|mjs)$/.test(file));
  const lengths = await Promise.all(
    files.map(async (file) => (await readFile(join(root, file), 'utf8')).split('\n').length - 1),
  );
  return files.filter((_, i) => (lengths[i] ?? 0) > LONGEST_FILE);
}

// Put together here, so that this file itself does not hold what it looks for.
const FOREIGN = new RegExp(
  String.raw`\.\.\/${'shared'}\b|work\/${'shared'}\b|(^|[\s"'\`(/])\.${'library'}\b`,
  'm',
);

async function foreignMentions(root: string, files: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8').catch(() => '')));
  return files.filter((file, i) => FOREIGN.test(texts[i] ?? '') || FOREIGN.test(`/${file}`));
}

/** A little project of files that trespass, or do not. */
const folders: string[] = [];
async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'vpb-rooms-'));
  folders.push(root);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  }
  return root;
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

describe('the rooms of this project', () => {
  it('are entered only from where they may be', async () => {
    expect(await trespasses(ROOT)).toEqual([]);
  });

  it('have been looked at: the core is imported by the engine', async () => {
    const imports = await importsOf(ROOT, await sourceFiles(ROOT, ['containers']));
    expect(imports.filter(({ target }) => target === 'core/manifest.ts').length).toBeGreaterThan(0);
  });

  it(`hold no file over ${LONGEST_FILE} lines`, async () => {
    expect(await tooLong(ROOT)).toEqual([]);
  });

  it('mention nothing outside the repository', async () => {
    const { stdout } = await execa('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      cwd: ROOT,
    });
    const files = stdout.split('\0').filter((file) => file !== '');
    expect(files).toContain('core/names.ts');
    expect(await foreignMentions(ROOT, files)).toEqual([]);
  });
});

describe('the look at imports', () => {
  it.each([
    ['core/a.ts', "import { x } from '../containers/engine/x.ts';"],
    ['core/a.ts', "import type { X } from '../lib/x.ts';"],
    ['core/a.ts', "export * from '../local/x.ts';"],
    ['core/a.ts', "import { S3Client } from '@aws-sdk/client-s3';"],
    ['containers/engine/a.ts', "import '../../lambdas/x.ts';"],
    ['containers/engine/a.ts', "import { Stack } from 'aws-cdk-lib';"],
    ['containers/engine/a.ts', "import { startS3 } from '../../local/s3.ts';"],
    ['containers/engine/a.ts', "export { x } from '../../test/support/x.ts';"],
    ['lambdas/a/b.ts', "const x = await import('../../containers/engine/x.ts');"],
    ['lambdas/a.ts', "import * as s3 from 'aws-cdk-lib/aws-s3';"],
    ['lambdas/a.mjs', "import '../lib/x.ts';"],
    ['lib/a.ts', "type X = import('@aws-sdk/client-s3').S3Client;"],
    ['lib/a.ts', "export type { X } from '../lambdas/x.ts';"],
    ['lib/a.ts', 'const x = import(`../containers/x.ts`);'],
    ['lib/a.ts', "const x = require('../lambdas/x.cjs');"],
    ['lib/a.ts', "const x = new URL('../lambdas/x.ts', import.meta.url);"],
    ['lib/a.ts', "const x = import.meta.resolve('../lambdas/x.ts');"],
    ['bin/a.ts', "import '../local/s3.ts';"],
    ['bin/a.ts', "import '../containers/engine/main.ts';"],
    ['bin/a.ts', "import '../lambdas/audit/handler.ts';"],
  ])('sees a trespass in %s: %s', async (file, text) => {
    expect(await trespasses(await project({ [file]: text }))).toHaveLength(1);
  });

  it('lets through what is allowed', async () => {
    const root = await project({
      'core/a.ts': "import './b.ts'; import { z } from 'zod'; const s = '../lib/x.ts';",
      'containers/engine/a.ts':
        "import '../../core/a.ts'; import '@aws-sdk/client-s3'; // import '../../lib/x.ts'",
      'lambdas/a.ts': "import '../core/a.ts'; import '@aws-sdk/client-s3'; import './b.ts';",
      'lib/a.ts': "import 'aws-cdk-lib'; import '../core/a.ts';",
      'bin/a.ts': "import '../lib/a.ts'; import 'aws-cdk-lib';",
      'local/a.ts': "import '../core/a.ts'; import '../containers/engine/a.ts'; import '../lib/a.ts';",
      'test/a.ts':
        "import '../local/a.ts'; import '../lambdas/a.ts'; import 'aws-cdk-lib'; import '@aws-sdk/client-s3';",
      'bench/a.ts': "import '../local/a.ts'; import '../core/a.ts';",
    });
    expect(await trespasses(root)).toEqual([]);
  });
});

describe('the look at lengths and mentions', () => {
  it('sees a file of one line too many, and passes one that just fits', async () => {
    const root = await project({
      'lib/long.ts': '\n'.repeat(LONGEST_FILE + 1),
      'local/setup/long.mjs': '\n'.repeat(LONGEST_FILE + 1),
      'core/fits.ts': '\n'.repeat(LONGEST_FILE),
      'test/long.test.ts': '\n'.repeat(LONGEST_FILE + 1),
    });
    expect(await tooLong(root)).toEqual(['lib/long.ts', 'local/setup/long.mjs']);
  });

  it('sees what lies outside, in a text or in a name, and not a word that only looks like it', async () => {
    const files = {
      'a.md': `see ..${'/shared'}/notes`,
      'b.ts': `read('/work${'/shared'}/x')`,
      'c.ts': `const folder = '.${'library'}';`,
      'd.ts': 'const a = the.library; const b = shared;',
    };
    const root = await project(files);
    expect(await foreignMentions(root, Object.keys(files))).toEqual(['a.md', 'b.ts', 'c.ts']);
  });
});
