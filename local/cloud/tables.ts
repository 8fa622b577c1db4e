import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { clientConfig, type EmulatorAddress } from './sdk.ts';

/** What a table of this project's templates is made of; items that are past their time stay here. */
const tableSchema = z.object({
  KeySchema: z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) })),
  AttributeDefinitions: z.array(
    z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  BillingMode: z.literal('PAY_PER_REQUEST'),
});

/** Makes a table as the template describes it. */
export async function createTable(
  address: EmulatorAddress,
  TableName: string,
  properties: Readonly<Record<string, unknown>>,
): Promise<void> {
  const client = new DynamoDBClient(clientConfig(address));
  await client.send(new CreateTableCommand({ TableName, ...tableSchema.parse(properties) }));
  client.destroy();
}
