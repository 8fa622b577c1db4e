import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { contentOf, inPlace } from '../support/in-place.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The README's commands as they stand, `npm run engine --` being the engine. */
const ENGINE = `npm() { shift 3; "${process.execPath}" "${join(ROOT, 'containers/engine/main.ts')}" "$@"; }`;

it.each(['README.md', 'README.ko.md'])(
  '%s: plan, restore in place and rollback work as printed',
  async (page) => {
    const blocks = [...(await readFile(join(ROOT, page), 'utf8')).matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
    const block = blocks.map(([, script = '']) => script).find((script) => script.includes('rollback')) ?? '';
    const [plan = '', restore = '', rollback = ''] = block.trimEnd().split('\n');
    const { target, env, id } = await inPlace();
    const run = async (line: string) => {
      const script = `${ENGINE}\n${line.replace('videoplanet', target.name)}`;
      const { stdout } = await execa('bash', ['--norc', '-c', script], { env });
      return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    };
    expect(await run(plan)).toMatchObject({
      plan: { set: { id }, confirmNeeded: target.name, obstacles: [] },
    });
    expect(await contentOf(target)).toBe('old');
    const { restoreId } = await run(restore);
    expect(await contentOf(target)).toBe('new');
    expect(await run(rollback.replace('20261127T101530Z-3fa9', restoreId))).toMatchObject({
      undone: restoreId,
    });
    expect(await contentOf(target)).toBe('old');
  },
);
