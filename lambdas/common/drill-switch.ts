import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type DrillSwitch, parseDrillSwitch } from '../../core/drill/switch.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { requireEnv } from './settings.ts';
import { logger } from './telemetry.ts';

/** A drill waits for this, and its function has half a minute: better no answer than none in time. */
const ssm = new SSMClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 3000, requestTimeout: 5000, throwOnRequestTimeout: true },
});

function parameterName(): string {
  return requireEnv(LAMBDA_ENV.drillSwitch, 'the parameter that says whether drills are off');
}

/**
 * What the parameter says of drills. What nobody understands says nothing, and is logged.
 * @throws whatever SSM refuses with
 */
export async function readDrillSwitch(): Promise<DrillSwitch> {
  const Name = parameterName();
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
  const state = parseDrillSwitch(Parameter?.Value ?? '');
  if (state !== undefined) return state;
  logger.warn('the switch of drills says nothing that is understood, so they are on', {
    parameter: Name,
    value: Parameter?.Value,
    expected: '{}, {"offForMonth": "2026-11", "because": "…"} or {"onForMonth": "2026-11"}',
  });
  return {};
}

/** @throws whatever SSM refuses with */
export async function writeDrillSwitch(state: DrillSwitch): Promise<void> {
  const command = { Name: parameterName(), Value: JSON.stringify(state), Overwrite: true };
  await ssm.send(new PutParameterCommand(command));
}
