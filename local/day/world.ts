import type { S3Client } from '@aws-sdk/client-s3';
import type { LocalCloud } from '../cloud/cloud.ts';
import type { LocalPostgres } from '../postgres.ts';
import type { LocalSlack } from '../slack.ts';
import type { Account, Hooks } from './account.ts';
import type { Schedule } from './schedules.ts';
import type { BegunTask } from './standby.ts';

/** Everything a fault can lay its hands on. */
export interface World {
  readonly cloud: LocalCloud;
  readonly account: Account;
  readonly postgres: LocalPostgres;
  readonly slack: LocalSlack;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly schedules: readonly Schedule[];
  readonly hooks: Hooks;
  /** Is told of every task that begins; undefined ends it. */
  onTask: ((task: BegunTask) => void) | undefined;
}

/** The schedule of that name. @throws {Error} there is none */
export function scheduleOf({ schedules }: World, name: string): Schedule {
  const found = schedules.find((schedule) => schedule.name === name);
  if (found === undefined) {
    throw new Error(
      `there is no schedule ${name}, only ${schedules.map((each) => each.name).join(', ')}; correct the scenario`,
    );
  }
  return found;
}
