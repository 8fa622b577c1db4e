import { WORKFLOW_ERROR } from '../names.ts';
import { FaultError } from './base.ts';

/** A project that was asked to go back to a second is in a state that it does not leave by itself. */
export class PitrRestoreFailed extends FaultError {
  override readonly name = WORKFLOW_ERROR.pitrFailed;
  constructor(ref: string, status: string) {
    super(
      `the project ${ref} was to go back and is ${status}; nobody can use it: ask Supabase's support at once, with the ref and ` +
        'the time, and restore into a new project meanwhile, with {"mode": "full", "target": "new-project"}',
    );
  }
}

/** Nobody can say what became of the request. */
export class PitrRestoreUnclear extends FaultError {
  override readonly name = WORKFLOW_ERROR.pitrUnclear;
  constructor(what: string) {
    super(`${what}; look at the project in the Supabase dashboard before it is asked again`);
  }
}

/** A project for a restore was not made, or did not become usable. */
export class NewProjectFailed extends FaultError {
  override readonly name = WORKFLOW_ERROR.newProjectFailed;
  constructor(problem: string, options?: { readonly cause: unknown }) {
    super(problem, options);
  }
}
