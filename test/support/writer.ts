import pg from 'pg';
import { createLedger } from './ledger.ts';
import { transact } from './writer-transactions.ts';

/** A writer at work: `stop` lets each session finish its transaction. */
export type Writer = { stop(): Promise<{ transactions: number }> };

const INVARIANT = `
  WITH balances AS (SELECT account_id, sum(amount) AS total FROM public.ledger_entries GROUP BY account_id),
  wrong_accounts AS (
    SELECT count(*) AS n FROM public.ledger_accounts a LEFT JOIN balances b ON b.account_id = a.id
    WHERE a.balance <> coalesce(b.total, 0)),
  wrong_transfers AS (
    SELECT count(*) AS n FROM (
      SELECT FROM public.ledger_entries WHERE transfer IS NOT NULL GROUP BY transfer HAVING sum(amount) <> 0) t),
  strays AS (
    SELECT count(*) AS n FROM public.ledger_entries e WHERE NOT EXISTS (SELECT FROM public.ledger_accounts a WHERE a.id = e.account_id))
  SELECT (SELECT sum(balance) FROM public.ledger_accounts)::text AS sum,
         ((SELECT n FROM wrong_accounts) + (SELECT n FROM wrong_transfers) + (SELECT n FROM strays))::int AS mismatches,
         (SELECT count(*) FROM public.ledger_entries)::int AS entries`;

/**
 * Creates the ledger where it is missing and keeps moving money in it with that many connections.
 * Every commit leaves the sum of all balances constant and each balance equal to the sum of its entries.
 */
export async function startWriter(url: string, { sessions }: { sessions: number }): Promise<Writer> {
  await withClient(url, createLedger);
  const state = { stopping: false };
  const work = Array.from({ length: sessions }, () => withClient(url, (client) => writeUntil(client, state)));
  // A session that fails before stop() is called reports there, not as an unhandled rejection.
  const finished = Promise.allSettled(work);
  return {
    async stop() {
      state.stopping = true;
      await finished;
      const counts = await Promise.all(work);
      return { transactions: counts.reduce((sum, count) => sum + count, 0) };
    },
  };
}

/**
 * What must hold in any consistent copy: `sum` never changes, `mismatches` is 0. Mismatches count
 * accounts unequal to their entries, transfers that do not add up to zero, and entries without account.
 */
export async function ledgerInvariant(
  url: string,
): Promise<{ sum: string; mismatches: number; entries: number }> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ sum: string; mismatches: number; entries: number }>(INVARIANT);
    return rows[0] ?? { sum: '', mismatches: 0, entries: 0 };
  });
}

async function writeUntil(client: pg.Client, state: { readonly stopping: boolean }): Promise<number> {
  let transactions = 0;
  for (; !state.stopping; transactions += 1) await transact(client);
  return transactions;
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
