import { type CatalogEntry, newestAt } from '../catalog.ts';
import { type Config, levelOf } from '../config.ts';
import { FULL_KINDS, LEVELS, type Level } from '../kinds.ts';
import type { Manifest, TableEntry } from '../manifest.ts';
import { LEVEL_KINDS } from '../point-in-time.ts';
import { ACCOUNTS } from '../supabase/managed.ts';
import { keyOf, nameOf, namesOf } from '../table-names.ts';
import type { LevelObjectives, Objective } from './report.ts';

type Usable = CatalogEntry & { readonly manifest: Manifest };

const MINUTE_MS = 60_000;
/** What the clocks of a server and of a drill may differ by: a set from further ahead says nothing about its age. */
const SKEW_MS = 5 * MINUTE_MS;

/**
 * RTO and RPO of each level, measured against its target (spec D4). The RTO is one for all levels, for all of them come
 * back in one restore; the RPO is the age of the newest verified set that holds the level's tables.
 * @param config whose tables are of which level, and what is asked of each level
 * @param recoverySeconds from the choice of the set to the proof; nothing where the restore did not get there
 * @param entries sets of all scheduled kinds
 */
export function measureObjectives(
  config: Config,
  {
    recoverySeconds,
    entries,
    now,
  }: { recoverySeconds: number | null; entries: readonly CatalogEntry[]; now: Date },
): LevelObjectives[] {
  return LEVELS.map((level) => {
    const { rtoMinutes, rpoMinutes } = config.drill.targets[level];
    const newest = newestVerified(config, entries, level, now);
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

/** Shown to two decimals, and rounded to the side of the target it is on: 60.001 minutes are no 60. */
function objective(targetMinutes: number, measured: number | null): Objective {
  if (measured === null) return { targetMinutes, measuredMinutes: null, state: 'unknown' };
  if (measured > targetMinutes)
    return { targetMinutes, measuredMinutes: Math.ceil(measured * 100) / 100, state: 'missed' };
  const measuredMinutes = Math.min(Math.round(measured * 100) / 100, targetMinutes);
  return { targetMinutes, measuredMinutes, state: 'met' };
}

/** Sets of the whole database hold every level; those of one level hold it as far as all of its tables are in them. */
function newestVerified(
  config: Config,
  entries: readonly CatalogEntry[],
  level: Level,
  now: Date,
): CatalogEntry | undefined {
  const latest = new Date(now.getTime() + SKEW_MS);
  const verified = entries.filter(isVerified);
  const whole = verified.filter(
    ({ kind, manifest }) => FULL_KINDS.includes(kind) && manifest.limitedTo === null,
  );
  const tables = tablesOf(config, newestAt(whole, latest)?.manifest, level);
  const partial = verified.filter(
    ({ kind, manifest }) => LEVEL_KINDS.includes(kind) && kind === level && holds(manifest, tables),
  );
  return newestAt([...whole, ...partial], latest);
}

function isVerified(entry: CatalogEntry): entry is Usable {
  return entry.state === 'verified' && entry.manifest !== undefined;
}

/** By the configuration as it is now: a set made before a table came to the level is without it. */
function tablesOf(config: Config, manifest: Manifest | undefined, level: Level): TableEntry[] {
  const isAccounts = (table: TableEntry) =>
    manifest?.platform !== undefined && ACCOUNTS.includes(nameOf(table));
  return (manifest?.tables ?? []).filter(
    (table) => (isAccounts(table) ? 'critical' : levelOf(config, namesOf(table))) === level,
  );
}

/** One that was asked for and is not there was no longer in the source: of it there is nothing to lose. */
function holds({ limitedTo, tables }: Manifest, wanted: readonly TableEntry[]): boolean {
  const asked = new Set(limitedTo);
  const there = new Set(tables.map(keyOf));
  return wanted.every((table) => there.has(keyOf(table)) || namesOf(table).some((name) => asked.has(name)));
}
