import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { engine } from '../support/engine.ts';
import { startStatementLine } from '../support/fault-statement.ts';
import { contentOf, type InPlace, inPlace, onServer } from '../support/in-place.ts';
import { said } from '../support/runs.ts';

/** Asks over and over until told to stop. @returns what came, in order, each once in a row */
function watch(look: () => Promise<string>): { stop(): Promise<string[]> } {
  let stopped = false;
  const seen: string[] = [];
  const watching = (async () => {
    for (let last = false; !last; ) {
      last = stopped;
      const now = await look();
      if (now !== seen.at(-1)) seen.push(now);
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await watching;
      return seen;
    },
  };
}

/** What a server says to whoever comes at the wrong moment: ended, not there for an instant, or the line is cut. */
const AWAY = /terminating connection|does not exist|Connection terminated|ECONNRESET|not queryable|EPIPE/;
const awayOr = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return AWAY.test(text) ? 'away' : `unexpected: ${text}`;
};

/** Which content one session has, in one transaction of its own. */
async function contentOver(client: pg.Client): Promise<string> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const content = await contentOf(client as never);
  await client.query('COMMIT');
  return content;
}

async function open({ url }: { url: string }): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The states themselves; who comes back at once may see the old one again, but not once the new one was there. */
const statesOf = (seen: readonly string[]) =>
  seen.filter((state) => state !== 'away').filter((state, i, all) => state !== all[i - 1]);

/** Restores in place while somebody watches. */
async function restoreWhile({ target, env, id }: InPlace, look: () => Promise<string>): Promise<string[]> {
  const watching = watch(look);
  const end = await engine(['restore', id, '--mode', 'full', '--confirm', target.name], env);
  const seen = await watching.stop();
  expect(end, said(end)).toMatchObject({ exitCode: 0 });
  return seen;
}

describe.each([15, 17] as const)('during a restore in place, PostgreSQL %i', (major) => {
  it('whoever connects anew sees the old state, then the new one, and never a mixture', async () => {
    const there = await inPlace(major);
    const seen = await restoreWhile(there, async () => {
      try {
        const client = await open(there.target);
        return await contentOver(client).finally(() => client.end().catch(() => undefined));
      } catch (error) {
        return awayOr(error);
      }
    });
    expect(statesOf(seen)).toEqual(['old', 'new']);
  });

  it('whoever stays connected sees the old state until the session is ended, then the new one', async () => {
    const there = await inPlace(major);
    let client = await open(there.target);
    onTestFinished(() => client.end().catch(() => undefined));
    const seen = await restoreWhile(there, async () => {
      try {
        return await contentOver(client);
      } catch (error) {
        // as an application does: the session is gone, so it takes another
        client = await open(there.target).catch(() => client);
        return awayOr(error);
      }
    });
    expect(seen[0]).toBe('old');
    expect(seen).toContain('away');
    expect(statesOf(seen)).toEqual(['old', 'new']);
  });
});

describe('what is written during a restore in place', () => {
  it('after the set of the target and before the swap is in the database that is kept, and there only', async () => {
    const there = await inPlace();
    const { target, env, id } = there;
    // the new database is made once the set of the target is done
    const line = await startStatementLine(target.url, /CREATE DATABASE/, 'hold');
    onTestFinished(() => line.stop());
    const args = ['restore', id, '--mode', 'full', '--confirm', target.name];
    const running = engine(args, { ...env, TARGET_DATABASE_URL: line.url });
    await line.struck;
    await target.query('INSERT INTO before VALUES (78)');
    line.release();
    const end = await running;
    expect(end, said(end)).toMatchObject({ exitCode: 0 });
    expect(await contentOf(target)).toBe('new');
    const kept = onServer(15, end.result.replacedDatabaseKeptAs);
    expect((await kept.query('SELECT count(*)::int AS n FROM before')).rows).toEqual([{ n: 78 }]);
    const list = (await engine(['list', '--kind', 'prerestore'], env)).result.sets;
    expect(list).toMatchObject([{ id: end.result.preRestoreSet, rows: '77' }]);
  });
});

describe('locks of a restore in place', () => {
  it('keep other restores and rollbacks out, and nobody who reads or writes', async () => {
    const there = await inPlace();
    const { target, env, id } = there;
    const line = await startStatementLine(target.url, /CREATE DATABASE/, 'hold');
    onTestFinished(() => line.stop());
    const args = ['restore', id, '--mode', 'full', '--confirm', target.name];
    const running = engine(args, { ...env, TARGET_DATABASE_URL: line.url });
    await line.struck;
    for (const other of [args, ['rollback', '20261127T101530Z-3fa9', '--confirm', target.name]]) {
      const end = await engine(other, env);
      expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'TargetBusyError' } } });
    }
    const { rows } = await target.query(
      `SELECT locktype, mode FROM pg_locks l JOIN pg_database d ON d.oid = l.database
       WHERE d.datname = current_database() AND l.pid <> pg_backend_pid()`,
    );
    expect(rows).toEqual([{ locktype: 'advisory', mode: 'ExclusiveLock' }]);
    await target.query('ALTER TABLE before ADD COLUMN more int');
    line.release();
    const end = await running;
    expect(end, said(end)).toMatchObject({ exitCode: 0 });
  });
});
