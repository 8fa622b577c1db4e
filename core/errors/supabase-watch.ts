import { FaultError } from './base.ts';

/** What Supabase says of point-in-time recovery cannot be: nothing is measured rather than something wrong. */
export class PitrStateImplausible extends FaultError {
  override readonly name = 'PitrStateImplausible';
  constructor(problem: string, now: Date) {
    super(
      `point-in-time recovery ${problem}, and it is ${now.toISOString()}; expected points in the past, the oldest first; ` +
        'look at Database, Backups, Point in time in the dashboard of Supabase, and ask its support',
    );
  }
}
