import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { FailurePath } from './failure-path.ts';
import { auditRecord, execution, functionCall } from './function-call.ts';
import type { Functions } from './functions.ts';

export interface RestoreNoticesProps {
  readonly functions: Pick<Functions, 'audit' | 'slack'>;
  readonly failure: FailurePath;
  /**
   * Whether a project may have been made, of which people are told.
   * @default false
   */
  readonly projects?: boolean;
}

const facts = () => sfn.JsonPath.objectAt('$.plan.facts');
const report = () => sfn.JsonPath.objectAt('$.report');

/**
 * What a restore puts on record and tells in Slack as it goes. Neither may keep a restore from going on, so what fails here
 * is passed over; the functions have alarms of their own. Only the record of a restore that is done counts as a step.
 */
export class RestoreNotices extends Construct {
  readonly #props: RestoreNoticesProps;

  constructor(scope: Construct, id: string, props: RestoreNoticesProps) {
    super(scope, id);
    this.#props = props;
  }

  started(next: sfn.IChainable): sfn.IChainable {
    const tell = this.passedOver(this.tell('TellStarted', 'restore-started', {}), next);
    return this.passedOver(this.record('AuditStarted', 'started', { restore: facts() }), tell);
  }

  thawing(next: sfn.IChainable): sfn.IChainable {
    return this.passedOver(
      this.tell('TellThaw', 'restore-thawing', { thaw: sfn.JsonPath.objectAt('$.thaw') }),
      next,
    );
  }

  planned(): sfn.IChainable {
    const end = sfn.Succeed.jsonPath(this, 'Planned', { stateName: 'Planned' });
    const tell = this.passedOver(this.tell('TellPlanned', 'restore-planned', { report: report() }), end);
    return this.guarded(this.record('AuditPlanned', 'planned', { restore: facts(), report: report() }), tell);
  }

  verified(): sfn.IChainable {
    const end = sfn.Succeed.jsonPath(this, 'Verified', { stateName: 'Verified' });
    const made = this.#props.projects === true ? { handover: sfn.JsonPath.objectAt('$.handover') } : {};
    const tell = this.passedOver(
      this.tell('TellVerified', 'restore-verified', { report: report(), ...made }),
      end,
    );
    const details = {
      restore: facts(),
      report: report(),
      integrity: sfn.JsonPath.objectAt('$.integrity'),
      ...made,
    };
    return this.guarded(this.record('AuditSuccess', 'succeeded', details), tell);
  }

  private record(name: string, status: string, details: Record<string, unknown>): LambdaInvoke {
    return functionCall(this, name, {
      target: this.#props.functions.audit,
      payload: auditRecord('restore', status, { details }),
      resultPath: sfn.JsonPath.DISCARD,
    });
  }

  private tell(name: string, kind: string, more: Record<string, unknown>): LambdaInvoke {
    return functionCall(this, name, {
      target: this.#props.functions.slack,
      payload: sfn.TaskInput.fromObject({
        kind,
        execution: execution(),
        description: sfn.JsonPath.objectAt('$.plan.description'),
        ...more,
      }),
      resultPath: sfn.JsonPath.DISCARD,
    });
  }

  private passedOver<State extends sfn.TaskStateBase & sfn.INextable>(
    state: State,
    next: sfn.IChainable,
  ): State {
    state.addCatch(next, { resultPath: `$.lost.${state.id.charAt(0).toLowerCase()}${state.id.slice(1)}` });
    state.next(next);
    return state;
  }

  private guarded(state: LambdaInvoke, next: sfn.IChainable): LambdaInvoke {
    this.#props.failure.guard('audit', state);
    state.next(next);
    return state;
  }
}
