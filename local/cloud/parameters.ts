import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { clientConfig, type EmulatorAddress } from './sdk.ts';

const parameterSchema = z.object({ Name: z.string(), Value: z.string() });

/** Puts values into parameters, which are made where they are not there; of a template's properties, those that matter here. */
export async function putParameters(address: EmulatorAddress, parameters: readonly unknown[]): Promise<void> {
  const client = new SSMClient(clientConfig(address));
  for (const parameter of parameters) {
    const { Name, Value } = parameterSchema.parse(parameter);
    await client.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }));
  }
  client.destroy();
}
