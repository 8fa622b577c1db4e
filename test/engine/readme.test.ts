import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { loadSampleData } from '../../local/sample/load.ts';
import { differences } from '../support/compare.ts';
import { contentOf, inPlace } from '../support/in-place.ts';
import { saved } from '../support/selective.ts';

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

it.each(['README.md', 'README.ko.md'])('%s: tables and rows come back as printed', async (page) => {
  const blocks = [...(await readFile(join(ROOT, page), 'utf8')).matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  const block =
    blocks.map(([, script = '']) => script).find((script) => script.includes('--mode rows')) ?? '';
  const [inspect = '', merge = '', replace = '', project = '', admins = ''] = block.trimEnd().split('\n');
  const world = await saved(15, ({ url }) => loadSampleData(url, { megabytes: 1 }));
  const found = await world.database.query('SELECT project_id AS id FROM public.stories ORDER BY 1 LIMIT 1');
  const run = async (line: string) => {
    const told = line.replace('videoplanet', world.database.name).replace('7d0c…', found.rows[0].id);
    const { stdout } = await execa('bash', ['--norc', '-c', `${ENGINE}\n${told}`], { env: world.env });
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  };
  const { schema } = await run(inspect);
  const beside = await world.database.query(
    `SELECT count(*) FROM ${schema}.stories NATURAL JOIN public.stories`,
  );
  expect(beside.rows).toEqual((await world.database.query('SELECT count(*) FROM public.stories')).rows);
  await world.database.query(
    `DROP SCHEMA ${schema} CASCADE; UPDATE public.prompts SET text = 'spoilt'; UPDATE public.users SET role = 'guest' WHERE role = 'admin'`,
  );
  await world.database.query(
    `SET session_replication_role = replica; DELETE FROM public.projects WHERE id = '${found.rows[0].id}'`,
  );
  expect((await run(replace)).plan.tables[0]).toMatchObject({
    table: 'public.prompts',
    inserted: 0,
    deleted: 0,
  });
  for (const line of [merge, project, admins]) expect(await run(line)).toMatchObject({ outcome: 'verified' });
  expect(differences(world.before, await world.now())).toEqual([]);
});
