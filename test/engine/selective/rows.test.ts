import { describe, expect, it } from 'vitest';
import { loadSampleData } from '../../../local/sample/load.ts';
import { differences } from '../../support/compare.ts';
import { ended, saved } from '../../support/selective.ts';

/** Deletes a project and all that hangs on it, in the order the foreign keys demand. */
const DELETE_PROJECT = `
  DELETE FROM public.video_generations WHERE prompt_id IN (SELECT p.id FROM public.prompts p
    JOIN public.scenarios c ON c.id = p.scenario_id JOIN public.stories s ON s.id = c.story_id WHERE s.project_id = $1)`;

describe.each([15, 17] as const)('rows on PostgreSQL %i', (major) => {
  it('bring one deleted project back with all that hung on it, and nothing else is touched', async () => {
    const world = await saved(major, ({ url }) => loadSampleData(url, { megabytes: 2 }));
    const { rows } = await world.database.query(
      `SELECT s.project_id AS id FROM public.video_generations g JOIN public.prompts p ON p.id = g.prompt_id
       JOIN public.scenarios c ON c.id = p.scenario_id JOIN public.stories s ON s.id = c.story_id LIMIT 1`,
    );
    const id = rows[0].id as string;
    await world.database.query(DELETE_PROJECT, [id]);
    await world.database.query('DELETE FROM public.projects WHERE id = $1', [id]);
    const damaged = differences(world.before, await world.now());
    expect(damaged.length).toBeGreaterThan(4);

    const planned = ended(
      await world.restore('--mode', 'rows', '--row', `projects:id=${id}`, '--with-dependents', '--plan'),
      0,
    );
    expect(differences(world.before, await world.now())).toEqual(damaged);

    const result = ended(
      await world.restore('--mode', 'rows', '--row', `projects:id=${id}`, '--with-dependents'),
      0,
    );
    expect(result.tables).toEqual(planned.plan.tables);
    expect(result.outcome).toBe('verified');
    expect(differences(world.before, await world.now())).toEqual([]);
  });
});
