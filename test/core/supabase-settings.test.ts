import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { ConfigurationError } from '../../core/errors/index.ts';
import { refusalOf } from '../support/refusal.ts';

const projectRef = 'abcdefghijklmnopqrst';
const read = (supabase?: object) =>
  parseEnvironment(
    { name: 'test', alertEmails: ['ops@videoplanet.example'], ...(supabase && { supabase }) },
    'environments.ts',
  );
const refusal = (supabase: object) => refusalOf(() => read(supabase), ConfigurationError);

describe('the Supabase project of an environment', () => {
  it('is none where none is named', () => {
    expect(read().supabase).toBeUndefined();
  });

  it('needs its reference and nothing else', () => {
    expect(read({ projectRef }).supabase).toEqual({
      projectRef,
      pitr: { watch: true, maxAgeMinutes: 15, minDays: 7 },
    });
  });

  it('takes what is named, and the rest as it is elsewhere', () => {
    const written = {
      projectRef,
      pitr: { watch: false },
      newProjects: { organization: 'videoplanet', region: 'ap-northeast-2' },
      drill: { organization: 'videoplanet-drills' },
    };
    expect(read(written).supabase).toMatchObject({
      pitr: { watch: false },
      newProjects: { organization: 'videoplanet', region: 'ap-northeast-2', instanceSize: 'small' },
      drill: { organization: 'videoplanet-drills', maxHours: 6, sweep: '40 6 * * ? *' },
    });
  });

  it('may make the projects of drills where its own are', () => {
    const newProjects = { organization: 'videoplanet', region: 'a-region-nobody-knew-1' };
    expect(read({ projectRef, newProjects, drill: { organization: 'videoplanet' } }).supabase).toMatchObject({
      newProjects: { organization: 'videoplanet', region: 'a-region-nobody-knew-1' },
      drill: { organization: 'videoplanet' },
    });
  });

  it.each([
    [{}, 'supabase.projectRef'],
    [{ projectRef: 'abc' }, 'supabase.projectRef:', '20 letters'],
    [{ projectRef: `${projectRef}\n` }, 'supabase.projectRef:', '20 letters'],
    [{ projectRef, pitr: { maxAgeMinutes: 4 } }, 'supabase.pitr.maxAgeMinutes:', '5'],
    [{ projectRef, pitr: { maxAgeMinutes: 1441 } }, 'supabase.pitr.maxAgeMinutes:', '1440'],
    [{ projectRef, pitr: { minDays: 29 } }, 'supabase.pitr.minDays:', '28'],
    [{ projectRef, pitr: { maxAge: 15 } }, '"maxAge"'],
    [
      { projectRef, newProjects: { organization: 'v', region: 'Seoul' } },
      'newProjects.region:',
      'such as ap',
    ],
    [
      { projectRef, newProjects: { organization: 'Video Planet', region: 'ap-northeast-2' } },
      'newProjects.organization:',
      'slug',
    ],
    [
      { projectRef, newProjects: { organization: 'v', region: 'ap-northeast-2', instanceSize: 'tiny' } },
      'newProjects.instanceSize:',
      'micro',
    ],
    [{ projectRef, drill: {} }, 'supabase.drill.organization:'],
    [{ projectRef, drill: { organization: 'v', maxHours: 0 } }, 'supabase.drill.maxHours:'],
    [{ projectRef, drill: { organization: 'v', sweep: 'daily' } }, 'supabase.drill.sweep:', 'six fields'],
    [
      { projectRef, drill: { organization: 'v', sweep: '40 6 ? * MON *' } },
      'supabase.drill.sweep:',
      'leaves 10080 minutes',
      'look every day',
    ],
  ])('is refused as %j, with the path and what was expected', (supabase, ...says) => {
    for (const part of ['environments.ts', ...says]) expect(refusal(supabase)).toContain(part);
  });
});
