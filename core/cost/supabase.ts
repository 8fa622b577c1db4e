import type { EnvironmentConfig } from '../environment.ts';
import type { Workload } from './config.ts';
import type { CostLine, WriteLine } from './line.ts';
import { HOURS_OF_MONTH, type SetsOfKind } from './sets.ts';

/** What the database sends in a month, by the kind of set that reads it, and what goes out of AWS. */
export function transferLines(
  line: WriteLine,
  environment: EnvironmentConfig,
  workload: Workload,
  kinds: readonly SetsOfKind[],
): CostLine[] {
  // a drill in its own task sends nothing anywhere
  const drills = environment.drill.target === 'supabase' ? workload.drillsPerMonth : 0;
  const restored = (workload.restoresPerMonth + drills) * workload.databaseGb;
  return [
    line('Transfer', 'rows that restores and drills send to databases outside AWS', restored, 'egress'),
    ...egressLines(line, environment, workload, kinds),
  ];
}

/** What is included is taken off each kind in proportion, so that a line says what its kind really costs. */
function egressLines(
  line: WriteLine,
  { files }: EnvironmentConfig,
  workload: Workload,
  kinds: readonly SetsOfKind[],
): CostLine[] {
  if (workload.egress === 'free') return [];
  const sent = [
    ...kinds.map(({ kind, runs, readGb }) => ({ what: `rows read for ${kind} sets`, gb: runs * readGb })),
    ...(files.enabled ? [{ what: 'new files read', gb: workload.files.growthGbPerMonth }] : []),
  ];
  const total = sent.reduce((sum, { gb }) => sum + gb, 0);
  if (total === 0) return [];
  const billedShare = Math.max(0, total - workload.egressLeftGb) / total;
  return sent.map(({ what, gb }) =>
    line('Supabase', `egress: ${what}, above what is included`, gb * billedShare, 'supabaseEgress'),
  );
}

/** What the environment makes Supabase bill by the hour. */
export function supabaseLines(
  line: WriteLine,
  { supabase }: EnvironmentConfig,
  workload: Workload,
): CostLine[] {
  if (supabase === undefined) return [];
  const { pitr, drill } = supabase;
  const drillHours = Math.ceil(workload.drillHours) * workload.drillsPerMonth;
  return [
    ...(pitr.watch
      ? [
          line(
            'Supabase',
            `point-in-time recovery, ${soldDays(pitr.minDays)} days`,
            HOURS_OF_MONTH,
            pitrOf(pitr.minDays),
          ),
        ]
      : []),
    ...(drill === undefined ? [] : [line('Supabase', 'projects of drills', drillHours, 'supabaseMicro')]),
  ];
}

/** Supabase sells 7, 14 and 28 days. */
function soldDays(minDays: number): 7 | 14 | 28 {
  if (minDays <= 7) return 7;
  return minDays <= 14 ? 14 : 28;
}

function pitrOf(minDays: number): 'supabasePitr7' | 'supabasePitr14' | 'supabasePitr28' {
  return `supabasePitr${soldDays(minDays)}`;
}
