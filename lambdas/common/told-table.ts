import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { hourOf } from '../../core/alerts/cause.ts';
import type { Folded } from '../../core/messages/slack.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { requireEnv } from './settings.ts';

/** A table that does not answer must not keep a message from being sent. */
export const tableClient = new DynamoDBClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
});

/** A sender that has not said by then that it has sent was killed: the function has 55 s. */
const LEASE_SECONDS = 90;
/** Longer than the rarest run is apart, so that a weekly set that works again can end a failure of the week before. */
const KEPT_SECONDS = 35 * 24 * 3600;

/** A run that fails since then. */
export interface Broken {
  readonly since: Date;
  readonly failures: number;
  /** Causes under which it was told. */
  readonly causes: readonly string[];
}

/**
 * Takes the one message an hour that a cause has.
 * @returns what was folded since the last one; nothing where this one is to be folded, which is counted
 */
export async function claim(cause: string, now: Date): Promise<Folded | undefined> {
  const me = randomUUID();
  try {
    const { Attributes = {} } = await tableClient.send(
      new UpdateItemCommand({
        ...item(cause),
        UpdateExpression: 'SET #hour = :hour, claimant = :me, leaseUntil = :lease, expiresAt = :expiry',
        // the hour is new, or whoever had it could not send, or it was me and the answer was lost
        ConditionExpression:
          'attribute_not_exists(#hour) OR #hour < :hour OR leaseUntil < :now OR claimant = :me',
        ExpressionAttributeNames: { '#hour': 'hour' },
        ExpressionAttributeValues: {
          ':hour': { S: hourOf(now) },
          ':me': { S: me },
          ':now': number(seconds(now)),
          ':lease': number(seconds(now) + LEASE_SECONDS),
          ':expiry': expiry(now),
        },
        ReturnValues: 'ALL_OLD',
      }),
    );
    return { count: Math.max(0, numberOf(Attributes.folded)), since: dateOf(Attributes.toldAt) };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    await countOne(cause, now);
    return undefined;
  }
}

/** A claimed message was sent, and has said of so many others that they were not. */
export async function confirm(cause: string, { count: said }: Folded, now: Date): Promise<void> {
  const update = tableClient.send(
    new UpdateItemCommand({
      ...item(cause),
      // what is over meanwhile was forgotten, and is not to be begun with less than none
      ConditionExpression: 'attribute_exists(#hour)',
      ExpressionAttributeNames: { '#hour': 'hour' },
      // those that were folded meanwhile stay counted
      UpdateExpression: 'SET toldAt = :now, folded = if_not_exists(folded, :none) - :said REMOVE leaseUntil',
      ExpressionAttributeValues: {
        ':now': { S: now.toISOString() },
        ':none': number(0),
        ':said': number(said),
      },
    }),
  );
  await update.catch((error: unknown) => {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  });
}

/** A claimed message reached nobody: the next one of its cause is sent, and tells of this one. */
export async function release(cause: string): Promise<void> {
  await tableClient.send(
    new UpdateItemCommand({
      ...item(cause),
      UpdateExpression: 'REMOVE #hour, leaseUntil ADD folded :one',
      ExpressionAttributeNames: { '#hour': 'hour' },
      ExpressionAttributeValues: { ':one': number(1) },
    }),
  );
}

/** What a cause says is over: should it come again, it is told at once. */
export async function forget(cause: string): Promise<void> {
  await tableClient.send(new DeleteItemCommand(item(cause)));
}

/** A run has failed, with what had failed before. @param cause under which it is told */
export async function noteBroken(run: string, cause: string, now: Date): Promise<void> {
  await tableClient.send(
    new UpdateItemCommand({
      ...item(brokenKey(run)),
      UpdateExpression:
        'SET brokenSince = if_not_exists(brokenSince, :now), expiresAt = :expiry ADD failures :one, causes :causes',
      ExpressionAttributeValues: {
        ':now': { S: now.toISOString() },
        ':expiry': expiry(now),
        ':one': number(1),
        ':causes': { SS: [cause] },
      },
    }),
  );
}

/** A run went well. @returns what it ended; nothing where nothing was broken, or another call has taken it */
export async function takeBroken(run: string): Promise<Broken | undefined> {
  const { Attributes } = await tableClient.send(
    new DeleteItemCommand({ ...item(brokenKey(run)), ReturnValues: 'ALL_OLD' }),
  );
  const since = dateOf(Attributes?.brokenSince);
  if (since === undefined) return undefined;
  return { since, failures: numberOf(Attributes?.failures), causes: Attributes?.causes?.SS ?? [] };
}

async function countOne(cause: string, now: Date): Promise<void> {
  await tableClient.send(
    new UpdateItemCommand({
      ...item(cause),
      UpdateExpression: 'SET expiresAt = :expiry ADD folded :one',
      ExpressionAttributeValues: { ':one': number(1), ':expiry': expiry(now) },
    }),
  );
}

const brokenKey = (run: string) => `broken/${run}`;

function item(cause: string): { TableName: string; Key: Record<string, AttributeValue> } {
  return {
    TableName: requireEnv(LAMBDA_ENV.toldTable, 'the table of what was told'),
    Key: { cause: { S: cause } },
  };
}

const number = (value: number): AttributeValue => ({ N: String(value) });
const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
const expiry = (now: Date) => number(seconds(now) + KEPT_SECONDS);
const numberOf = (value: AttributeValue | undefined) => Number(value?.N ?? 0);

function dateOf(value: AttributeValue | undefined): Date | undefined {
  return value?.S === undefined ? undefined : new Date(value.S);
}
