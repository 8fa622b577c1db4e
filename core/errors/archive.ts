import { FaultError, InputError } from './base.ts';
import { shortList } from './input.ts';

/** The set is whole, but S3 gives its objects only after they have been thawed. */
export class SetArchivedError extends InputError {
  override readonly name = 'SetArchivedError';
  constructor(id: string, problem: string, ways: string, command: string) {
    super(
      `${id} cannot be read now: ${problem}; nothing was done. ${ways}: run ${command}, then start this again`,
    );
  }
}

/** Not even what is in the set can be read: somebody or something moved its manifest to an archive class. */
export class ManifestArchivedError extends InputError {
  override readonly name = 'ManifestArchivedError';
  constructor(id: string) {
    super(
      `the manifest of ${id}, or its verification, is in an archive class, where lifecycle leaves small objects alone; ` +
        `nothing was done: run thaw ${id}, which asks for all of the set, then start this again`,
    );
  }
}

/** An object that was to be read is in an archive class: it was when looked for, or its thawed copy has ended since. */
export class ObjectArchivedError extends FaultError {
  override readonly name = 'ObjectArchivedError';
  constructor(key: string) {
    super(
      `${key} is in an archive class, and S3 does not give it; the object is not damaged: thaw its set (thaw <id>), ` +
        'with more --days where a copy has ended, then start again',
    );
  }
}

/** S3 would not thaw some objects. */
export class ThawRefusedError extends FaultError {
  override readonly name = 'ThawRefusedError';
  constructor(problems: readonly string[]) {
    super(
      `${problems.length} ${problems.length === 1 ? 'object' : 'objects'} cannot be thawed: ${shortList(problems, '; ')}; ` +
        'the others were asked for: see to these, then run thaw again',
    );
  }
}
