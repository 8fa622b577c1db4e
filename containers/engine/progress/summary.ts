import Table from 'cli-table3';
import type { Manifest } from '../../../core/manifest.ts';
import { readAndCopied } from '../../../core/reuse.ts';

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
  for (const [phase, seconds] of Object.entries(timings)) {
    const bytes = MOVING.has(phase) ? bytesMoved(phase, manifest) : 0;
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

/** Slices that a backup takes over are not read. */
function bytesMoved(phase: string, manifest: Manifest): number {
  if (phase === 'read') return readAndCopied(manifest).readBytes;
  const side = phase === 'verify' ? 'stored' : 'plain';
  return manifest.objects.reduce((sum, object) => sum + object[side].bytes, 0);
}
