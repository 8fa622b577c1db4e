import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs';
import { clientConfig, type EmulatorAddress } from './sdk.ts';

/** Makes a cluster for those who ask what runs in it: nothing does, for the runner starts tasks itself. */
export async function createCluster(address: EmulatorAddress, clusterName: string): Promise<void> {
  const client = new ECSClient(clientConfig(address));
  await client.send(new CreateClusterCommand({ clusterName }));
  client.destroy();
}
