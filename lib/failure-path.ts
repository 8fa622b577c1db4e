import type { ITopic } from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { WORKFLOW_ERROR } from '../core/names.ts';
import { auditRecord, CALL_TIMEOUT, execution, functionCall } from './function-call.ts';
import type { Functions } from './functions.ts';

export interface FailurePathProps {
  /** What failed: `backup`, `restore` …; audit records and alerts are filed under it. */
  readonly event: string;
  readonly functions: Pick<Functions, 'explain' | 'audit' | 'slack'>;
  /** People hear of it here, and in Slack. */
  readonly topic: ITopic;
  /**
   * What the explanation and the record take besides the error: members by name, each a path that always leads somewhere.
   * @default - nothing
   */
  readonly facts?: Readonly<Record<string, string>>;
}

/**
 * What a workflow does after anything has failed: explain, record, alert, end with a name from core. A step of it that
 * fails itself is passed over, so that the execution always ends with the error it began with.
 */
export class FailurePath extends Construct {
  readonly #explain: sfn.State & sfn.IChainable;

  constructor(scope: Construct, id: string, props: FailurePathProps) {
    super(scope, id);
    const fail = sfn.Fail.jsonPath(this, 'Failed', {
      stateName: 'Failed',
      errorPath: '$.explained.error',
      causePath: '$.explained.cause',
    });
    const { functions } = props;
    const facts = Object.fromEntries(
      Object.entries(props.facts ?? {}).map(([name, path]) => [name, sfn.JsonPath.objectAt(path)]),
    );
    const tell = functionCall(this, 'TellFailure', {
      target: functions.slack,
      payload: sfn.TaskInput.fromObject({
        kind: 'failed',
        workflow: props.event,
        execution: execution(),
        input: sfn.JsonPath.objectAt('$.input'),
        explained: sfn.JsonPath.objectAt('$.explained'),
      }),
      resultPath: sfn.JsonPath.DISCARD,
    });
    const alert = tasks.SnsPublish.jsonPath(this, 'Alert', {
      stateName: 'Alert',
      topic: props.topic,
      subject: sfn.JsonPath.stringAt('$.explained.subject'),
      message: sfn.TaskInput.fromJsonPathAt('$.explained.message'),
      taskTimeout: sfn.Timeout.duration(CALL_TIMEOUT),
      resultPath: sfn.JsonPath.DISCARD,
    });
    const audit = functionCall(this, 'AuditFailure', {
      target: functions.audit,
      payload: auditRecord(props.event, 'failed', {
        error: sfn.JsonPath.objectAt('$.explained'),
        ...(props.facts === undefined ? {} : { details: facts }),
      }),
      resultPath: sfn.JsonPath.DISCARD,
    });
    const explain = functionCall(this, 'Explain', {
      target: functions.explain,
      payload: sfn.TaskInput.fromObject({
        workflow: props.event,
        ...facts,
        failure: sfn.JsonPath.objectAt('$.failure'),
        input: sfn.JsonPath.objectAt('$.input'),
        execution: execution(),
      }),
      resultPath: '$.explained',
    });
    const unexplained = sfn.Pass.jsonPath(this, 'Unexplained', {
      stateName: 'Unexplained',
      comment: 'Explain itself failed: say at least that, and where to look',
      parameters: {
        error: WORKFLOW_ERROR.unexpected,
        cause: 'a step failed, and explaining it failed too; the history of the execution shows both',
        subject: `VideoPlanet Backup: ${props.event} failed`,
        'message.$': `States.Format('The ${props.event} workflow failed, and the reason could not be explained. Execution: {}', $$.Execution.Id)`,
      },
      resultPath: '$.explained',
    });
    explain.addCatch(unexplained, { resultPath: '$.lost.explain' });
    audit.addCatch(alert, { resultPath: '$.lost.audit' });
    alert.addCatch(tell, { resultPath: '$.lost.alert' });
    tell.addCatch(fail, { resultPath: '$.lost.tell' });
    explain.next(audit);
    unexplained.next(audit);
    audit.next(alert);
    alert.next(tell);
    tell.next(fail);
    this.#explain = explain;
  }

  /**
   * Sends whatever fails in a state this way. The state's own error lies under its step's name: that is how the
   * explanation knows what was under way.
   * @param errors that go this way; all of them unless it says which
   * @returns the state
   */
  guard<State extends sfn.TaskStateBase>(
    step: string,
    state: State,
    errors: readonly string[] = [sfn.Errors.ALL],
  ): State {
    state.addCatch(this.#explain, { errors: [...errors], resultPath: `$.failure.${step}` });
    return state;
  }

  /** Where a workflow goes that has found out by itself that it failed. */
  get start(): sfn.IChainable {
    return this.#explain;
  }
}
