import { InputError } from './base.ts';
import { shortList } from './input.ts';

/** A drill was given a database with something in it. Unlike a restore it never replaces one, confirmed or not. */
export class DrillTargetNotEmptyError extends InputError {
  override readonly name = 'DrillTargetNotEmptyError';
  constructor(database: string, holds: readonly string[]) {
    super(
      `the database ${database} that the drill was given is not empty (${shortList(holds)}); expected an empty one; nothing was ` +
        'done: give it a new database or project, let it make its own with --target task, or check what is there with --as-it-is',
    );
  }
}
