import Table from 'cli-table3';
import type { Manifest } from '../../../core/manifest.ts';

/** Phases through which all the bytes of a set pass. */
const MOVING = new Set(['read', 'data', 'verify']);

/**
 * The table at the end of a run: wall time, bytes and rate of each phase.
 * @param timings wall seconds by phase
 */
export function renderSummary(
  what: string,
  manifest: Manifest,
  timings: Readonly<Record<string, number>>,
): string {
  const table = new Table({
    head: [what, 'wall s', 'MB', 'MB/s'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const side = (phase: string) => (phase === 'verify' ? 'stored' : 'plain');
  for (const [phase, seconds] of Object.entries(timings)) {
    const bytes = MOVING.has(phase)
      ? manifest.objects.reduce((sum, object) => sum + object[side(phase)].bytes, 0)
      : 0;
    const megabytes = bytes / 1e6;
    table.push([
      phase,
      seconds.toFixed(2),
      bytes === 0 ? '' : megabytes.toFixed(1),
      bytes === 0 ? '' : (megabytes / Math.max(seconds, 0.001)).toFixed(0),
    ]);
  }
  const total = Object.values(timings).reduce((sum, seconds) => sum + seconds, 0);
  table.push(['all', total.toFixed(2), '', '']);
  return `${table.toString()}\n`;
}
