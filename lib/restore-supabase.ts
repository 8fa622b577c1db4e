import { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { RestoreWay } from '../core/restore-steps.ts';
import type { BackupFunction } from './backup-function.ts';
import { engineRun } from './engine-run.ts';
import type { EngineTask } from './engine-task.ts';
import type { FailurePath } from './failure-path.ts';
import { execution, functionCall } from './function-call.ts';
import type { Network } from './network.ts';
import type { ProjectTasks } from './project-tasks.ts';
import { LONGEST_MAKING, RestoreNewProject } from './restore-new-project.ts';
import { LONGEST_PITR, RestorePitr } from './restore-pitr.ts';
import { SUPABASE_CALL_TIMEOUT, type SupabaseFunctions } from './supabase-functions.ts';

/** What a restore does with Supabase, where the environment has a project of it. */
export interface RestoreSupabaseProps {
  readonly functions: SupabaseFunctions;
  readonly restoreReport: BackupFunction;
  readonly tasks: ProjectTasks;
  readonly cluster: ecs.ICluster;
  readonly network: Network;
  readonly failure: FailurePath;
  /** Where a plan goes that is ready, its report at `$.report`. */
  readonly planned: sfn.IChainable;
  /** Where a restore goes that shall be done. */
  readonly started: sfn.IChainable;
  /** The engine as it restores, its end reported. */
  readonly restore: (name: string, task: EngineTask) => sfn.IChainable;
  /** Where a restore goes once its report is there. */
  readonly ended: sfn.IChainable;
  /** The check of the rules. */
  readonly integrity: sfn.IChainable;
  /** Where a restore goes that is proved. */
  readonly verified: sfn.IChainable;
}

/** More than asking it, and waiting for it, can take on any way. */
export const LONGEST_AT_SUPABASE = Duration.seconds(
  2 * LONGEST_PITR.toSeconds() + 2 * LONGEST_MAKING.toSeconds() + 4 * SUPABASE_CALL_TIMEOUT.toSeconds(),
);

/** Members that lie beside the input from the first state on. */
export const SUPABASE_MEMBERS = { lookup: {}, watch: {}, project: {}, handover: {}, files: {} };

/** The ways of a restore that need Supabase's Management API or its Storage. */
export class RestoreSupabase extends Construct {
  readonly #props: RestoreSupabaseProps;

  constructor(scope: Construct, id: string, props: RestoreSupabaseProps) {
    super(scope, id);
    this.#props = props;
  }

  /** What Supabase says to a plan, before anything is begun; `otherwise` for what asks nothing of it. */
  lookup(otherwise: sfn.IChainable): sfn.IChainable {
    const { functions, planned, started } = this.#props;
    const report = sfn.Pass.jsonPath(this, 'KeepPlan', {
      stateName: 'KeepPlan',
      inputPath: '$.lookup.report',
      resultPath: '$.report',
    });
    report.next(planned);
    const next = sfn.Choice.jsonPath(this, 'LookedUp', { stateName: 'LookedUp?' })
      .when(sfn.Condition.booleanEquals('$.plan.planOnly', true), report)
      .otherwise(started);
    const ask = sfn.Choice.jsonPath(this, 'Ask', { stateName: 'AskSupabase?' }).when(
      isWay('pitr'),
      this.#plan('PlanPitr', functions.pitr).next(next),
    );
    if (functions.project !== undefined)
      ask.when(isWay('new-project'), this.#plan('PlanProject', functions.project).next(next));
    return ask.otherwise(otherwise);
  }

  #plan(name: string, target: BackupFunction) {
    return this.#props.failure.guard(
      'lookup',
      functionCall(this, name, {
        target,
        payload: sfn.TaskInput.fromObject({
          action: 'plan',
          input: sfn.JsonPath.objectAt('$.input'),
          facts: sfn.JsonPath.objectAt('$.plan.facts'),
          load: sfn.JsonPath.objectAt('$.plan.load'),
          execution: execution(),
        }),
        timeout: SUPABASE_CALL_TIMEOUT,
        resultPath: '$.lookup',
      }),
    );
  }

  /** Adds the ways to what chooses among them, before all others. */
  addTo(where: sfn.Choice): sfn.Choice {
    const { functions, tasks, failure, restore, ended } = this.#props;
    const pitr = new RestorePitr(this, 'Pitr', { pitr: functions.pitr, failure, next: ended });
    const files = sfn.Choice.jsonPath(this, 'WhichFiles', { stateName: 'FilesWhere?' }).when(
      isTarget('source'),
      restore('RestoreFilesInPlace', tasks.filesInPlaceReader),
    );
    where.when(isWay('pitr'), pitr.start);
    if (functions.project !== undefined && tasks.projectReader !== undefined) {
      const into = new RestoreNewProject(this, 'NewProject', {
        ...{ project: functions.project, failure },
        name: '$.plan.facts.project',
        webhooks: sfn.JsonPath.objectAt('$.plan.load.webhooks'),
        next: restore('RestoreProject', tasks.projectReader),
      });
      files.when(isTarget('new-project'), restore('RestoreFilesOfProject', tasks.projectReader));
      where.when(isWay('new-project'), into.start);
    }
    return where.when(isWay('files'), files.otherwise(restore('RestoreFiles', tasks.filesReader)));
  }

  /** Adds where files go by themselves once they are there: no row of a database was changed, so no rule is checked. */
  addEnd(end: sfn.Choice, verified: sfn.Condition): sfn.Choice {
    return end
      .when(sfn.Condition.and(isWay('files'), verified), this.#props.verified)
      .when(isWay('files'), this.#props.failure.start);
  }

  /** After the database of a new project come its files, where they are asked for; then the rules are checked. */
  files(): sfn.IChainable {
    const { restoreReport, tasks, cluster, network, failure, integrity } = this.#props;
    if (tasks.projectReader === undefined) return integrity;
    const report = failure.guard(
      'files',
      functionCall(this, 'ReportFiles', {
        target: restoreReport,
        payload: sfn.TaskInput.fromObject({
          step: 'files',
          resultKey: sfn.JsonPath.stringAt('$.plan.filesResultKey'),
          failure: sfn.JsonPath.objectAt('$.failure'),
        }),
        resultPath: '$.files',
      }),
    );
    report.next(integrity);
    const run = engineRun(this, 'RestoreFilesToo', {
      ...{ cluster, network, task: tasks.projectReader },
      command: '$.plan.filesCommand',
      resultKey: '$.plan.filesResultKey',
    });
    run.addCatch(report, { errors: [sfn.Errors.ALL], resultPath: '$.failure.files' });
    run.next(report);
    const locked = sfn.Pass.jsonPath(this, 'NoStorageKeys', {
      stateName: 'NoStorageKeys',
      result: sfn.Result.fromObject(NO_STORAGE_KEYS),
      resultPath: '$.files',
    });
    locked.next(integrity);
    const open = sfn.Choice.jsonPath(this, 'StorageOpens', { stateName: 'StorageOpens?' })
      .when(sfn.Condition.booleanEquals('$.handover.storage', true), run)
      .otherwise(locked);
    return sfn.Choice.jsonPath(this, 'WithFiles', { stateName: 'WithFiles?' })
      .when(withFiles(), open)
      .otherwise(integrity);
  }

  /** What is proved of the database counts only with its files, where they were asked for. */
  proved(): sfn.IChainable {
    const { failure, verified, tasks } = this.#props;
    if (tasks.projectReader === undefined) return verified;
    const files = sfn.Choice.jsonPath(this, 'FilesProved', { stateName: 'FilesProved?' })
      .when(sfn.Condition.stringEquals('$.files.ended', 'verified'), verified)
      .otherwise(failure.start);
    return sfn.Choice.jsonPath(this, 'ProvedWithFiles', { stateName: 'ProvedWithFiles?' })
      .when(withFiles(), files)
      .otherwise(verified);
  }
}

const NO_STORAGE_KEYS = {
  ended: 'refused',
  notVerified: [],
  error: {
    name: 'NoStorageKeys',
    message:
      'the new project has no legacy anon and service_role keys, with which its Storage could be opened: make S3 access keys ' +
      'in its dashboard (Storage, S3), put them into the secret new-project as storageAccessKeyId and storageSecretAccessKey, ' +
      'with an empty storageSessionToken, and bring the files back with {"mode": "files", "target": "new-project"}',
  },
};

function isWay(way: RestoreWay): sfn.Condition {
  return sfn.Condition.stringEquals('$.plan.way', way);
}

function isTarget(target: string): sfn.Condition {
  return sfn.Condition.stringEquals('$.plan.target', target);
}

function withFiles(): sfn.Condition {
  return sfn.Condition.booleanEquals('$.plan.withFiles', true);
}
