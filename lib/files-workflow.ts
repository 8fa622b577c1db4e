import { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { runMinutesOf } from '../core/run-limit.ts';
import { engineRun } from './engine-run.ts';
import type { EngineTask } from './engine-task.ts';
import { FailurePath } from './failure-path.ts';
import { auditRecord, CALL_TIMEOUT, functionCall, longestCall } from './function-call.ts';
import type { Functions } from './functions.ts';
import type { Network } from './network.ts';
import type { StateMachineAddress } from './state-machine-address.ts';
import { TASK_START_RETRY_TIME } from './task-start-retry.ts';
import { workflowMachine } from './workflow-machine.ts';

export interface FilesWorkflowProps {
  readonly address: StateMachineAddress;
  readonly cluster: ecs.ICluster;
  readonly network: Network;
  readonly task: EngineTask;
  readonly functions: Functions;
  readonly topic: ITopic;
  /** The longest a task may run before it is stopped. */
  readonly timeoutMinutes: number;
  readonly logRetention: RetentionDays;
}

/** Copies the files of Storage that are not in the bucket yet, and records it (spec P6). */
export class FilesWorkflow extends Construct {
  /** Its schedule starts it with the slot, an operator with `{}`. */
  readonly stateMachine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: FilesWorkflowProps) {
    super(scope, id);
    const { audit, explain, slack } = props.functions;
    this.stateMachine = workflowMachine(this, {
      address: props.address,
      definition: this.definition(props),
      timeout: machineTimeout(props.timeoutMinutes),
      cluster: props.cluster,
      calls: [audit, explain, slack],
      logRetention: props.logRetention,
    });
  }

  private definition({
    cluster,
    network,
    task,
    functions,
    topic,
    timeoutMinutes,
  }: FilesWorkflowProps): sfn.IChainable {
    const failure = new FailurePath(this, 'Failure', { event: 'files', functions, topic });
    const plan = (name: string, slot: string) =>
      sfn.Pass.jsonPath(this, name, {
        stateName: name,
        parameters: {
          'command.$': `States.Array('files', 'backup', '--slot', ${slot})`,
          taskTimeoutSeconds: timeoutMinutes * 60,
          runMinutes: String(runMinutesOf(timeoutMinutes)),
        },
        resultPath: '$.plan',
      });
    const copy = failure.guard(
      'backup',
      engineRun(this, 'CopyFiles', { cluster, network, task, command: '$.plan.command' }),
    );
    const audit = failure.guard(
      'audit',
      functionCall(this, 'AuditSuccess', {
        target: functions.audit,
        payload: auditRecord('files', 'succeeded', {
          details: { command: sfn.JsonPath.objectAt('$.plan.command') },
        }),
        resultPath: sfn.JsonPath.DISCARD,
      }),
    );
    copy.next(audit).next(sfn.Succeed.jsonPath(this, 'Copied', { stateName: 'Copied' }));
    return sfn.Pass.jsonPath(this, 'Receive', {
      stateName: 'Receive',
      parameters: { input: sfn.JsonPath.objectAt('$') },
    }).next(
      sfn.Choice.jsonPath(this, 'Slot', { stateName: 'Slot?' })
        // what is no instant the engine refuses in words
        .when(sfn.Condition.isPresent('$.input.slot'), plan('OfSlot', '$.input.slot').next(copy))
        .otherwise(plan('OfNow', '$$.Execution.StartTime').next(copy)),
    );
  }
}

/** More than every state on the longest way through can take, one after the other, with all retries. */
function machineTimeout(timeoutMinutes: number): Duration {
  const engine = timeoutMinutes * 60 + TASK_START_RETRY_TIME.toSeconds();
  const calls = 4 * longestCall(CALL_TIMEOUT).toSeconds();
  return Duration.minutes(Math.ceil((engine + calls) / 60) + 1);
}
