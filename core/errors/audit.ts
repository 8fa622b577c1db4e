import { FaultError } from './base.ts';

/** A record could not be added to the audit chain, for others were quicker every time. */
export class AuditChainBusyError extends FaultError {
  override readonly name = 'AuditChainBusyError';
  constructor(key: string, tries: number) {
    super(
      `the audit record ${key} found no place in the chain in ${tries} tries, for other writers were quicker each time; expected ` +
        'to be let through within a few: look at what writes below audit/ of the bucket, and write the record again',
    );
  }
}
