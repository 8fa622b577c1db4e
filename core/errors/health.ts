import { FaultError } from './base.ts';

/** Something about the backups could not be looked at. What could be was measured: that nothing is known of the rest is told. */
export class NotMeasuredError extends FaultError {
  override readonly name = 'NotMeasuredError';
  constructor(problems: readonly string[]) {
    super(
      `not everything about the backups could be measured: ${problems.join(' / ')}; expected to be let in everywhere: see the ` +
        'heading Monitor/Failing of the runbook',
    );
  }
}

/** The newest inventory of files is of a run that has not been: reckoned from it, its age would be a good one until that day. */
export class InventoryAheadError extends FaultError {
  override readonly name = 'InventoryAheadError';
  constructor(minutesAhead: number, now: Date) {
    super(
      `the newest inventory of files is of a run that begins in ${Math.round(minutesAhead)} minutes, and it is ${now.toISOString()}; ` +
        'expected one that has begun: see which machine has a wrong clock, and run files backup anew',
    );
  }
}
