import type pg from 'pg';

/** How many accounts and transfers the ledger starts with; each transfer has two entries. */
export const LEDGER_START = { accounts: 1000, transfers: 60_000 } as const;

const TABLES = `
  CREATE TABLE public.ledger_accounts (id int PRIMARY KEY, balance numeric(20, 2) NOT NULL);
  CREATE TABLE public.ledger_entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transfer uuid,
    account_id int NOT NULL REFERENCES public.ledger_accounts,
    amount numeric(20, 2) NOT NULL,
    note text NOT NULL
  );
  CREATE INDEX ledger_entries_transfer ON public.ledger_entries (transfer);
  CREATE INDEX ledger_entries_account ON public.ledger_entries (account_id)`;

const ROWS = `
  INSERT INTO public.ledger_accounts SELECT i, 0 FROM generate_series(1, ${LEDGER_START.accounts}) i;
  INSERT INTO public.ledger_entries (account_id, amount, note)
    SELECT id, 1000, '개설' FROM public.ledger_accounts;
  INSERT INTO public.ledger_entries (transfer, account_id, amount, note)
    SELECT md5('transfer' || i)::uuid, 1 + (i * side.step) % ${LEDGER_START.accounts}, side.sign * (1 + i % 500),
           '송금 ' || i || ' ' || md5(i::text)
    FROM generate_series(1, ${LEDGER_START.transfers}) i, (VALUES (-1, 7), (1, 13)) AS side(sign, step);
  UPDATE public.ledger_accounts a SET balance = e.total
    FROM (SELECT account_id, sum(amount) AS total FROM public.ledger_entries GROUP BY account_id) e
    WHERE e.account_id = a.id`;

/** Creates the two tables with their first rows in one transaction, unless they exist. */
export async function createLedger(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ missing: boolean }>(
    `SELECT to_regclass('public.ledger_entries') IS NULL AS missing`,
  );
  if (rows[0]?.missing) await client.query(`${TABLES}; ${ROWS}`);
}
