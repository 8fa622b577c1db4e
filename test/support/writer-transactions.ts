import { randomInt, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { LEDGER_START } from './ledger.ts';

type Entry = { account_id: number; amount: string };

/** Runs one random transaction of several statements, so that a snapshot can fall in its midst. */
export async function transact(client: pg.Client): Promise<void> {
  const kinds = [transfer, transfer, reverse, double];
  const kind = kinds[randomInt(kinds.length)] ?? transfer;
  await client.query('BEGIN');
  await kind(client);
  await client.query('COMMIT');
}

/** Moves money: two new entries, two balances. */
async function transfer(client: pg.Client): Promise<void> {
  const [from, to, amount] = [randomAccount(), randomAccount(), randomInt(1, 100)];
  await client.query(
    `INSERT INTO public.ledger_entries (transfer, account_id, amount, note)
     VALUES ($1, $2, -($4::numeric), '이체 \\.'), ($1, $3, $4, '이체 \\N')`,
    [randomUUID(), from, to, amount],
  );
  await addToBalances(client, [
    { account_id: from, amount: String(-amount) },
    { account_id: to, amount: String(amount) },
  ]);
}

/** Undoes an old transfer by deleting its entries, wherever in the table they are. */
async function reverse(client: pg.Client): Promise<void> {
  const { rows } = await client.query<Entry>(
    'DELETE FROM public.ledger_entries WHERE transfer = $1 RETURNING account_id, -amount AS amount',
    [await lockRandomTransfer(client)],
  );
  await addToBalances(client, rows);
}

/** Doubles an old transfer by updating its entries, so that their new versions lie elsewhere in the table. */
async function double(client: pg.Client): Promise<void> {
  const { rows } = await client.query<Entry>(
    `UPDATE public.ledger_entries SET amount = amount * 2, note = note || ' 수정'
     WHERE transfer = $1 RETURNING account_id, amount / 2 AS amount`,
    [await lockRandomTransfer(client)],
  );
  await addToBalances(client, rows);
}

/** Locks both entries in the order of their ids; undefined if another session has just deleted them. */
async function lockRandomTransfer(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ transfer: string }>(
    `SELECT transfer FROM public.ledger_entries
     WHERE transfer = (SELECT transfer FROM public.ledger_entries WHERE transfer >= $1 ORDER BY transfer LIMIT 1)
     ORDER BY id FOR UPDATE`,
    [randomUUID()],
  );
  return rows[0]?.transfer;
}

/** Locks accounts after entries and in the order of their numbers: sessions cannot deadlock. */
async function addToBalances(client: pg.Client, changes: readonly Entry[]): Promise<void> {
  for (const { account_id, amount } of changes.toSorted((a, b) => a.account_id - b.account_id)) {
    await client.query('UPDATE public.ledger_accounts SET balance = balance + $2 WHERE id = $1', [
      account_id,
      amount,
    ]);
  }
}

function randomAccount(): number {
  return randomInt(1, LEDGER_START.accounts + 1);
}
