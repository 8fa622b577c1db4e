import type pg from 'pg';

/** Sessions of one kind, each used by one task at a time; no more tasks run at once than there are sessions. */
export class Sessions {
  readonly #all: readonly pg.Client[];
  readonly #free: pg.Client[];

  private constructor(all: readonly pg.Client[]) {
    this.#all = all;
    this.#free = [...all];
  }

  /** Opens so many; if one cannot be opened, none is left open. */
  static async open(count: number, open: () => Promise<pg.Client>): Promise<Sessions> {
    const ends = await Promise.allSettled(Array.from({ length: count }, open));
    const sessions = new Sessions(ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed === undefined) return sessions;
    await sessions.end();
    throw failed.reason;
  }

  /** A session whose work has failed is not used again. */
  async use<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = this.#free.pop();
    if (client === undefined) throw new Error('more tasks at once than sessions');
    const result = await work(client);
    this.#free.push(client);
    return result;
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#all.map((client) => client.end()));
  }
}
