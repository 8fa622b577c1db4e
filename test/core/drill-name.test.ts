import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drillProjectName,
  isLeftOver,
  type LeftOverRule,
  type ListedProject,
  parseDrillName,
  projectOfAnotherDrill,
  projectsOfDrill,
} from '../../core/supabase/drill-name.ts';

const NOW = new Date('2026-11-27T12:00:00Z');
const HOUR = 3_600_000;
const RULE: LeftOverRule = { environment: 'production', maxHours: 6, sourceRef: 'sourcesourcesourcesr' };
const OLD = 'vpb-drill-production-20261127T055959Z-k3x9q2';
const project = (changes: Partial<ListedProject> = {}): ListedProject => ({
  ref: 'abcdefghijklmnopqrst',
  name: OLD,
  createdAt: new Date(NOW.getTime() - 7 * HOUR),
  status: 'ACTIVE_HEALTHY',
  ...changes,
});

describe('the name of a project that a drill makes', () => {
  const id = 'arn:aws:states:ap-northeast-2:123456789012:execution:videoplanet-staging-drill:a1';

  it('says whose it is and when its execution began, and differs from the next of that second', () => {
    const name = drillProjectName('staging', { id, startedAt: new Date('2026-11-24T02:00:00.789Z') });
    expect(name).toMatch(/^vpb-drill-staging-20261124T020000Z-[a-z0-9]{6}$/);
    expect(parseDrillName(name)).toEqual({
      environment: 'staging',
      madeAt: new Date('2026-11-24T02:00:00Z'),
    });
    const other = drillProjectName('staging', { id: `${id}2`, startedAt: NOW });
    expect(other).not.toBe(drillProjectName('staging', { id, startedAt: NOW }));
  });

  it('follows from the execution alone, as the workflow and the event of its end tell of it', () => {
    const began = '2026-11-24T02:00:00.789Z';
    const ofWorkflow = drillProjectName('staging', { id, startedAt: new Date(began) });
    expect(drillProjectName('staging', { id, startedAt: new Date(Date.parse(began)) })).toBe(ofWorkflow);
  });

  it('is read back for whatever environment and time', () => {
    const environments = fc.stringMatching(/^[a-z][a-z0-9-]{0,19}$/);
    const times = fc.date({ min: new Date('2000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(environments, times, (environment, time) => {
        const madeAt = new Date(Math.floor(time.getTime() / 1000) * 1000);
        expect(parseDrillName(drillProjectName(environment, { id, startedAt: time }))).toEqual({
          environment,
          madeAt,
        });
      }),
    );
  });

  it.each([
    '',
    'production',
    `${OLD} `,
    `${OLD}\n`,
    ` ${OLD}`,
    `${OLD}x`,
    OLD.slice(0, -1),
    OLD.toUpperCase(),
    `${OLD}-copy`,
    `my ${OLD}`,
    OLD.replace('vpb-', 'vpc-'),
    OLD.replace('production', 'Production'),
    OLD.replace('production', '-production'),
    OLD.replace('production', 'a-name-of-more-than-20'),
    OLD.replace('-production', ''),
    OLD.replace('20261127', '20260230'),
    OLD.replace('20261127', '20261327'),
    OLD.replace('T055959Z', 'T240000Z'),
    OLD.replace('T055959Z', 'T055960Z'),
    OLD.replace('T055959Z', 'T0559Z'),
    OLD.replace('T055959Z', 'T055959'),
    OLD.replace('k3x9q2', 'K3X9Q2'),
    OLD.replace('k3x9q2', 'k3x_q2'),
    OLD.replaceAll('0', '٠'),
  ])('%j is none', (name) => {
    expect(parseDrillName(name)).toBeUndefined();
  });
});

describe('a project that a drill left', () => {
  it('is one of this environment, old by both clocks, still there, and not the source', () => {
    expect(isLeftOver(project(), RULE, NOW)).toBe(true);
    expect(isLeftOver(project({ status: 'INIT_FAILED' }), RULE, NOW)).toBe(true);
    expect(isLeftOver(project({ status: 'A_WORD_OF_NEXT_YEAR' }), RULE, NOW)).toBe(true);
  });

  it.each<[string, Partial<ListedProject>]>([
    ['of another environment', { name: OLD.replace('production', 'production-2') }],
    ['of an environment with a shorter name', { name: OLD.replace('production', 'prod') }],
    ['of people', { name: 'videoplanet-production' }],
    ['young by its name', { name: OLD.replace('T055959Z', 'T060000Z') }],
    ['young by what Supabase says', { createdAt: new Date(NOW.getTime() - 6 * HOUR) }],
    ['of a time nobody knows', { createdAt: new Date(Number.NaN) }],
    ['of a time to come', { name: OLD.replace('2026', '2027') }],
    ['going already', { status: 'GOING_DOWN' }],
    ['gone', { status: 'REMOVED' }],
    ['the source itself, whatever its name', { ref: RULE.sourceRef }],
  ])('is none that is %s', (_, changes) => {
    expect(isLeftOver(project(changes), RULE, NOW)).toBe(false);
  });
});

/** Says how a project came to be, so that what must become of it follows without looking at its name. */
interface Known {
  readonly project: ListedProject;
  readonly mustGo: boolean;
}

const refs = fc.stringMatching(/^[a-z]{20}$/).filter((ref) => ref !== RULE.sourceRef);
const statuses = fc.constantFrom(
  'ACTIVE_HEALTHY',
  'COMING_UP',
  'INIT_FAILED',
  'INACTIVE',
  'UNKNOWN',
  'PROMOTING',
  'GOING_DOWN',
  'REMOVED',
);
/** Milliseconds from now, on both sides of the limit and of now: clocks go wrong either way. */
const ages = fc.oneof(
  fc.integer({ min: -48, max: 48 }).map((hours) => hours * HOUR),
  fc.integer({ min: 6 * HOUR - 2000, max: 6 * HOUR + 2000 }),
);
const suffixes = fc.stringMatching(/^[a-z0-9]{6}$/);
const basic = (time: Date) => time.toISOString().replace(/[-:]|\.\d{3}/g, '');
const ago = (age: number) => new Date(NOW.getTime() - age);

const ours: fc.Arbitrary<Known> = fc
  .record({ ref: refs, status: statuses, byName: ages, byApi: ages, suffix: suffixes })
  .map(({ ref, status, byName, byApi, suffix }) => {
    const madeAt = ago(byName);
    const told = Math.floor(madeAt.getTime() / 1000) * 1000;
    const limit = NOW.getTime() - 6 * HOUR;
    return {
      project: {
        ref,
        status,
        name: `vpb-drill-production-${basic(madeAt)}-${suffix}`,
        createdAt: ago(byApi),
      },
      mustGo: told < limit && ago(byApi).getTime() < limit && status !== 'GOING_DOWN' && status !== 'REMOVED',
    };
  });
/** A name of ours with something done to it: none of these is ours. */
const spoilt: fc.Arbitrary<string> = fc
  .tuple(suffixes, fc.integer({ min: 0, max: OLD.length - 7 }), fc.string({ minLength: 1, maxLength: 3 }))
  .chain(([suffix, at, text]) => {
    const name = `vpb-drill-production-${basic(ago(9 * HOUR))}-${suffix}`;
    return fc.constantFrom(
      name.slice(0, at) + name.slice(at + 1),
      `${text}${name}`,
      `${name}${text}`,
      name.replace('production', `production${text}`),
      name.replace('production', 'staging'),
      name.replace('T', 't'),
      name.replaceAll('-', '_'),
      name.toUpperCase(),
    );
  });
const foreign: fc.Arbitrary<Known> = fc
  .record({
    ref: refs,
    status: statuses,
    byApi: ages,
    name: fc.oneof(fc.string(), fc.string({ unit: 'binary' }), spoilt),
  })
  .map(({ ref, status, byApi, name }) => ({
    project: { ref, status, name, createdAt: ago(byApi) },
    mustGo: false,
  }));
const source: fc.Arbitrary<Known> = ours.map((known) => ({
  project: { ...known.project, ref: RULE.sourceRef },
  mustGo: false,
}));

describe('whatever an organization holds', () => {
  it('goes if a drill left it, and nothing else goes', () => {
    let gone = 0;
    fc.assert(
      fc.property(fc.array(fc.oneof(ours, ours, foreign, source), { maxLength: 40 }), (known) => {
        const going = known.filter((each) => isLeftOver(each.project, RULE, NOW));
        gone += going.length;
        expect(going).toEqual(known.filter(({ mustGo }) => mustGo));
      }),
      { numRuns: 500 },
    );
    // a property about nothing proves nothing
    expect(gone).toBeGreaterThan(100);
  });
});

describe('the project of one drill', () => {
  it('is that of exactly its name, and never the one that is backed up', () => {
    const found = projectsOfDrill(
      OLD,
      [
        project(),
        project({ ref: RULE.sourceRef }),
        project({ ref: 'b'.repeat(20), name: `${OLD}x` }),
        project({ ref: 'c'.repeat(20), status: 'REMOVED' }),
        project({ ref: 'd'.repeat(20), status: 'GOING_DOWN' }),
      ],
      RULE.sourceRef,
    );
    expect(found.map(({ ref }) => ref)).toEqual(['abcdefghijklmnopqrst', 'd'.repeat(20)]);
  });

  it('is none for a name that no drill gives, whatever has it', () => {
    const name = 'videoplanet';
    expect(projectsOfDrill(name, [project({ name })], RULE.sourceRef)).toEqual([]);
  });

  it('has another beside it only where one of the same environment is there and stays', () => {
    const next = OLD.replace('k3x9q2', 'aaaaaa');
    expect(projectOfAnotherDrill(next, [project()])?.name).toBe(OLD);
    expect(projectOfAnotherDrill(next, [project({ status: 'GOING_DOWN' })])).toBeUndefined();
    expect(projectOfAnotherDrill(OLD, [project()])).toBeUndefined();
    expect(projectOfAnotherDrill(next.replace('production', 'staging'), [project()])).toBeUndefined();
    expect(projectOfAnotherDrill('vpb-restore-production-x', [project()])).toBeUndefined();
  });
});
