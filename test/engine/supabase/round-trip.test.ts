import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, startSupabase } from '../../../local/supabase/projects.ts';
import { loadSupabaseSample } from '../../../local/supabase/sample.ts';
import { visibleTo } from '../../../local/supabase/visible.ts';
import { asAdmin, asPostgres, backUpProject, describeProject } from '../../support/supabase.ts';

/** The versions write these differently. */
const OF_THE_VERSION = ['publications', 'roles', 'members', 'defaults'];
/** A server gives up on what waits longer than this; a backup or restore must not be at its mercy. */
const IMPATIENT = {
  statement_timeout: '40ms',
  lock_timeout: '30ms',
  idle_in_transaction_session_timeout: '150ms',
};

describe.each([
  [15, 15],
  [17, 17],
  [15, 17],
] as const)('a project of PostgreSQL %i in a new one of %i', (before, after) => {
  let from: LocalSupabase;
  let to: LocalSupabase;
  beforeAll(async () => {
    [from, to] = await Promise.all([startSupabase({ major: before }), startSupabase({ major: after })]);
  });
  afterAll(() => Promise.all([from.stop(), to.stop()]));

  it('has every row, right, role, job and secret, and nothing has happened by itself', async () => {
    const source = await from.makeProject();
    await loadSupabaseSample(source);
    const target = await to.makeProject();
    for (const [name, value] of Object.entries(IMPATIENT))
      for (const { ref, adminUrl } of [source, target])
        await asAdmin(
          { ...source, ref, adminUrl },
          `ALTER ROLE postgres IN DATABASE ${ref} SET ${name} = '${value}'`,
        );
    const set = await backUpProject(source);
    const restored = await set.restoreInto(target);
    expect(restored.result.notVerified, restored.stderr + restored.stdout).toEqual([
      expect.stringMatching(/^table public\.made_in_the_dashboard: belongs to postgres here/),
    ]);
    const roles = ['reporter', 'Back Office'];
    expect(await visibleTo(target, { roles })).toEqual(await visibleTo(source, { roles }));

    const [was, is] = await Promise.all([describeProject(source), describeProject(target)]);
    const dashboard = /made_in_the_dashboard\S* [rS] /;
    const same = (lines: unknown[] = []) => lines.filter((line) => !dashboard.test(String(line)));
    for (const name of Object.keys(was))
      if (before === after || !OF_THE_VERSION.includes(name))
        expect.soft(same(is[name]), name).toEqual(same(was[name]));
    expect(await asPostgres(target, 'SELECT DISTINCT active FROM cron.job')).toEqual([[false]]);
    expect(await asPostgres(target, 'SELECT count(*)::int FROM net.http_request_queue')).toEqual([[0]]);
  });
});
