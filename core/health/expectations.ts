import { z } from 'zod';
import { type EnvironmentConfig, parseEnvironment } from '../environment.ts';
import { KINDS, type Kind } from '../kinds.ts';
import { healthSchema } from './config.ts';
import { longestRunMinutes } from './contradictions.ts';

/** `if-there`: nobody has said what is to be made, so what there is is taken for what there is to be. */
const made = z.enum(['yes', 'no', 'if-there']);

const ofKind = z.strictObject({
  made,
  /** Nothing for sets that no clock makes. */
  rpoMinutes: z.number().nullable(),
  staleAfterMinutes: z.number().nullable(),
  /** At which the workflow stops the task that makes it, or the one that reads it back. */
  timeLimitMinutes: z.number(),
  keepVerified: z.int(),
  keepDays: z.number(),
});

/** What a team has decided about its backups, as far as their health is judged by it. */
export const expectationsSchema = z.strictObject({
  kinds: z.record(z.enum(KINDS), ofKind),
  files: z.strictObject({ made, staleAfterMinutes: z.number() }),
  drill: z.strictObject({ made, staleAfterDays: z.number() }),
  pitr: z.strictObject({ minDays: z.number(), maxAgeMinutes: z.number() }),
  health: healthSchema.unwrap().extend({ openUploadHours: z.number() }),
});
export type Expectations = z.output<typeof expectationsSchema>;
export type KindExpectation = Expectations['kinds'][Kind];

/** Where there are no settings of Supabase: what its schema has (core/supabase/settings.ts). */
const PITR = { minDays: 7, maxAgeMinutes: 15 };

/** What an environment says. */
export function expectationsOf(environment: EnvironmentConfig): Expectations {
  const { schedules, rpoMinutes, staleAfterMinutes, task, policy, health } = environment;
  const kinds = KINDS.map((kind): [Kind, KindExpectation] => {
    const kept = policy.retention[kind];
    if (kind === 'prerestore')
      return [
        kind,
        {
          ...{ made: 'no', rpoMinutes: null, staleAfterMinutes: null },
          ...{ timeLimitMinutes: task.timeoutMinutes.restore, ...kept },
        },
      ];
    return [
      kind,
      {
        made: schedules[kind].enabled ? 'yes' : 'no',
        rpoMinutes: rpoMinutes[kind],
        staleAfterMinutes: staleAfterMinutes[kind],
        timeLimitMinutes: task.timeoutMinutes[kind],
        ...kept,
      },
    ];
  });
  const { minDays, maxAgeMinutes } = environment.supabase?.pitr ?? PITR;
  return {
    kinds: Object.fromEntries(kinds) as Expectations['kinds'],
    files: {
      made: environment.files.enabled ? 'yes' : 'no',
      staleAfterMinutes: environment.files.staleAfterMinutes,
    },
    drill: {
      made: schedules.drill.enabled ? 'yes' : 'no',
      staleAfterDays: environment.drill.staleAfterDays,
    },
    pitr: { minDays, maxAgeMinutes },
    health: {
      ...health,
      openUploadHours: health.openUploadHours ?? Math.ceil(longestRunMinutes(environment) / 60) + 1,
    },
  };
}

/** The strategy's own limits, for a bucket of which nobody says what is to be in it. */
export function strategyExpectations(): Expectations {
  const strategy = parseEnvironment(
    { name: 'strategy', alertEmails: ['nobody@example.com'] },
    'the strategy',
  );
  const all = expectationsOf(strategy);
  const ifThere = Object.entries(all.kinds).map(([kind, each]) => [
    kind,
    { ...each, made: kind === 'prerestore' ? 'no' : 'if-there' },
  ]);
  return {
    ...all,
    kinds: Object.fromEntries(ifThere) as Expectations['kinds'],
    files: { ...all.files, made: 'if-there' },
    drill: { ...all.drill, made: 'if-there' },
  };
}
