import { WORKFLOW_ERROR } from '../names.ts';
import { FaultError, InputError } from './base.ts';
import { shortList } from './input.ts';

/** The input of a drill cannot be used; said in both languages. */
export class DrillInputInvalid extends InputError {
  override readonly name = WORKFLOW_ERROR.drillInputInvalid;
  constructor(problem: string) {
    super(
      `the input cannot be used: ${problem}; expected {} or {"target": "task" or "supabase", "backup": "<set id>"}; nothing was done. / ` +
        '입력을 쓸 수 없습니다. {} 또는 {"target": "task"나 "supabase", "backup": "<세트 id>"}를 쓰세요. 아무 작업도 하지 않았습니다.',
    );
  }
}

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

/** The project of a drill is there after all that was tried, or nobody can say that it is not. */
export class DrillCleanUpFailed extends FaultError {
  override readonly name = WORKFLOW_ERROR.drillCleanUpFailed;
  /**
   * @param name of the project
   * @param refs of what was seen of it; empty where it could not be looked for
   * @param organization where to look
   */
  constructor(name: string, refs: readonly string[], organization: string, problem: string) {
    const links = refs.map((ref) => `https://supabase.com/dashboard/project/${ref}/settings/general`);
    const where =
      links.length === 0 ? `https://supabase.com/dashboard/org/${organization}` : links.join(', ');
    super(
      `the project ${name} ${refs.length === 0 ? 'may be there' : `(${refs.join(', ')}) is still there`}, holds a copy of the data ` +
        `and is billed by the hour: delete it now at ${where}; it was not deleted because of this: ${problem}`,
    );
  }
}

/** No PostgreSQL server is installed that a drill could start. */
export class NoServerProgramsError extends InputError {
  override readonly name = 'NoServerProgramsError';
  constructor(found: readonly number[], wanted: number) {
    const there =
      found.length === 0 ? 'no PostgreSQL server was found' : `PostgreSQL ${found.join(', ')} was found`;
    super(
      `${there}, and the drill needs one of version ${wanted} or newer to restore into; install postgresql-${wanted}, name its ` +
        'programs in BACKUP_POSTGRES_BINDIRS, or give the drill an empty database with --target database',
    );
  }
}

/** The PostgreSQL of a drill did not start, or ended by itself. */
export class TaskPostgresError extends FaultError {
  override readonly name = 'TaskPostgresError';
  /** @param known how it ended, or what it said last */
  constructor(problem: string, known: string) {
    super(
      `the PostgreSQL of the drill ${problem}; expected it to run until the drill is over; see memory and free space; what is ` +
        `known: ${known.trim().split('\n').slice(-5).join(' · ') || 'nothing'}`,
    );
  }
}

/** Evidence is written once: a drill of this id has left some already. */
export class EvidenceExistsError extends FaultError {
  override readonly name = 'EvidenceExistsError';
  constructor(key: string) {
    super(
      `${key} is there already, and evidence is never replaced; expected an id that no drill has had: start another drill, and ` +
        'leave --drill-id out',
    );
  }
}
