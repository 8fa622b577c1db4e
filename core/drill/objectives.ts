import { type CatalogEntry, newestAt } from '../catalog.ts';
import { FULL_KINDS, LEVELS, type Level } from '../kinds.ts';
import { LEVEL_KINDS } from '../point-in-time.ts';
import type { LevelObjectives, Objective } from './report.ts';

/** Minutes within which a level must be back, and minutes of changes it may lose (spec P1). */
export interface Targets {
  readonly rtoMinutes: number;
  readonly rpoMinutes: number;
}

const MINUTE_MS = 60_000;

/**
 * RTO and RPO of each level, measured against its target (spec D4). The RTO is one for all levels, for all of them come
 * back in one restore; the RPO is the age of the newest verified set that holds the level's tables.
 * @param recoverySeconds from the choice of the set to the proof; nothing where the restore did not get there
 * @param entries sets of all scheduled kinds
 */
export function measureObjectives(
  targets: Readonly<Record<Level, Targets>>,
  {
    recoverySeconds,
    entries,
    now,
  }: { recoverySeconds: number | null; entries: readonly CatalogEntry[]; now: Date },
): LevelObjectives[] {
  return LEVELS.map((level) => {
    const { rtoMinutes, rpoMinutes } = targets[level];
    const newest = newestVerified(entries, level, now);
    const age =
      newest?.manifest === undefined ? null : now.getTime() - Date.parse(newest.manifest.snapshot.time);
    return {
      level,
      rto: objective(rtoMinutes, recoverySeconds === null ? null : recoverySeconds / 60),
      rpo: objective(rpoMinutes, age === null ? null : Math.max(0, age) / MINUTE_MS),
      newestSet: newest?.id ?? null,
    };
  });
}

function objective(targetMinutes: number, measured: number | null): Objective {
  const measuredMinutes = measured === null ? null : Math.round(measured * 100) / 100;
  if (measuredMinutes === null) return { targetMinutes, measuredMinutes, state: 'unknown' };
  return { targetMinutes, measuredMinutes, state: measuredMinutes <= targetMinutes ? 'met' : 'missed' };
}

/** Sets of the whole database hold every level, sets of one level hold that. */
function newestVerified(entries: readonly CatalogEntry[], level: Level, now: Date): CatalogEntry | undefined {
  const holding = entries.filter(
    ({ kind, state, manifest }) =>
      state === 'verified' &&
      ((FULL_KINDS.includes(kind) && manifest?.limitedTo === null) ||
        (LEVEL_KINDS.includes(kind) && kind === level)),
  );
  return newestAt(holding, now);
}
