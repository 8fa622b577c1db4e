import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTAINER } from '../../core/names.ts';
import { importsOf } from '../support/imports.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const text = (file: string) => readFile(join(ROOT, file), 'utf8');
const packageJson = async () => JSON.parse(await text('package.json'));

/** What an instruction of the Dockerfile says, wherever it stands. */
async function instructions(name: string): Promise<string[]> {
  const lines = (await text('containers/engine/Dockerfile')).split('\n');
  return lines.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
}

/** Names of the npm packages that a file of the project imports, directly or through other files. */
async function packagesReachedFrom(entry: string): Promise<string[]> {
  const seen = new Set<string>();
  const packages = new Set<string>();
  for (let next = [entry]; next.length > 0; ) {
    for (const file of next) seen.add(file);
    const imports = await importsOf(ROOT, next);
    for (const { specifier, target } of imports) {
      if (target !== undefined || specifier.startsWith('node:')) continue;
      packages.add(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
    }
    const targets = imports.flatMap(({ target }) =>
      target === undefined || seen.has(target) ? [] : [target],
    );
    next = [...new Set(targets)];
  }
  return [...packages].sort();
}

describe("the engine's image", () => {
  it('is given exactly the packages the engine imports: they are the dependencies, all others are for development', async () => {
    const { dependencies } = await packageJson();
    expect(await packagesReachedFrom('containers/engine/main.ts')).toEqual(Object.keys(dependencies).sort());
  });

  it('has the Node the tests run on', async () => {
    const { devDependencies } = await packageJson();
    expect(await instructions('FROM')).toContain(`node:${devDependencies.node}-trixie-slim AS node`);
  });

  it('has the user and the scratch directory the task definition names', async () => {
    expect(await instructions('USER')).toEqual([CONTAINER.user]);
    expect(await instructions('VOLUME')).toEqual([CONTAINER.scratchDir]);
    expect((await instructions('ENV')).join(' ').split(' ')).toContain(`TMPDIR=${CONTAINER.scratchDir}`);
  });

  it('is built of what the Dockerfile copies, and its context holds nothing else', async () => {
    const sources = (await instructions('COPY')).flatMap((line) =>
      line.startsWith('--from') ? [] : line.split(' ').slice(0, -1),
    );
    const rules = (await text('.dockerignore'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('**');
    expect(rules.slice(1).sort()).toEqual([...new Set(sources)].map((source) => `!${source}`).sort());
  });
});
