import { styleText } from 'node:util';
import type { LocalCloud } from '../cloud/cloud.ts';
import type { ExecutionResult, HistoryEvent } from '../cloud/execution.ts';
import type { PostedMessage } from '../slack.ts';
import { viewOf } from '../slack-view.ts';
import type { EngineResult } from './engine.ts';
import { story } from './story.ts';

/** Runs a workflow and tells each step as it ends. */
export async function runWorkflow(
  cloud: LocalCloud,
  machine: string,
  input: unknown,
): Promise<ExecutionResult> {
  const since = new Map<string, number>();
  const onEvent = (event: HistoryEvent) => {
    if (event.type === 'StateEntered') since.set(event.state.name, event.timestamp);
    if (event.type === 'StateExited' && event.state.type === 'Task') {
      const seconds = (event.timestamp - (since.get(event.state.name) ?? event.timestamp)) / 1000;
      story.plain(
        `    ${event.state.name.padEnd(14)}${styleText('dim', `${seconds.toFixed(1).padStart(5)} s`)}`,
      );
    }
  };
  return cloud.start(machine, input, { onEvent }).result;
}

/** What the engine said as the one task of a state. @throws {Error} the state ran no task */
export function engineResult({ programs }: ExecutionResult, state: string): EngineResult {
  const program = programs.find((each) => each.state === state);
  if (program === undefined) throw new Error(`the workflow ran no task in ${state}; see its history`);
  return JSON.parse(program.stdout.trimEnd().split('\n').at(-1) ?? '') as EngineResult;
}

/** The workflow did not end as the demo expects. */
export class WorkflowEndedOtherwise extends Error {
  override readonly name = 'WorkflowEndedOtherwise';

  constructor(machine: string, expected: string, { status, error, cause, programs }: ExecutionResult) {
    const said = programs.map(({ state, stderr, stdout }) => `${state}: ${stderr}${stdout}`).join('\n');
    super(
      `${machine} ended ${status} (${error}: ${cause}), expected ${expected}; what its steps said:\n${said}`,
    );
  }
}

/** What the team reads meanwhile, as its channel shows it. */
export function tellSlack(messages: readonly PostedMessage[]): void {
  for (const message of messages) {
    for (const line of viewOf(message)) story.plain(`    ${styleText('dim', '│')} ${line}`);
    story.plain('');
  }
}
