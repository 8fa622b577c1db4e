import type pg from 'pg';
import { TargetBusyError } from '../../../core/errors/index.ts';
import { connect, connectPatiently } from '../database/connect.ts';
import { type DatabaseAddress, describeAddress } from '../database/url.ts';

/** Any number will do, as long as every restore takes the same; advisory locks are told apart by database. */
const KEY = '7313902841';

/** How long a session that may be lost has to answer. */
const ANSWER_MS = 2000;

/**
 * Keeps other restores out of the target from the look at it until the rollback is done: two of them in one empty
 * database would each see the other's tables as their own to take back. Held by a session of its own, which no stop
 * signal cuts, for taking back comes after the stop.
 */
export class TargetLock implements AsyncDisposable {
  readonly #target: DatabaseAddress;
  #client: pg.Client;

  private constructor(target: DatabaseAddress, client: pg.Client) {
    this.#target = target;
    this.#client = client;
  }

  /**
   * @param signal stops the opening of the session, and no more
   * @throws TargetBusyError when another restore has it
   */
  static async take(target: DatabaseAddress, signal: AbortSignal): Promise<TargetLock> {
    const opening = new AbortController();
    const stop = () => opening.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const client = await connect(target, opening.signal).finally(() =>
      signal.removeEventListener('abort', stop),
    );
    if (await lock(client)) return new TargetLock(target, client);
    await client.end().catch(() => undefined);
    throw new TargetBusyError(describeAddress(target));
  }

  /**
   * The session that holds the lock; a new one, which takes it again, where that is lost.
   * @throws TargetBusyError when another restore has begun meanwhile
   */
  async session(): Promise<pg.Client> {
    if (await answers(this.#client)) return this.#client;
    await this.#client.end().catch(() => undefined);
    this.#client = await connectPatiently(this.#target);
    if (await lock(this.#client)) return this.#client;
    throw new TargetBusyError(describeAddress(this.#target));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }
}

async function lock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>(
    `SELECT pg_catalog.pg_try_advisory_lock(${KEY}) AS ours`,
  );
  return rows[0]?.ours === true;
}

async function answers(client: pg.Client): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ANSWER_MS, false);
  });
  const answer = client.query('SELECT').then(
    () => true,
    () => false,
  );
  return await Promise.race([answer, patience]).finally(() => clearTimeout(timer));
}
