import type { Price, Priced, PriceList } from './price.ts';

/** What a line belongs to, in the order of the table. */
export const GROUPS = [
  'Storage',
  'Requests',
  'Tasks',
  'Watching',
  'Workflows',
  'Secrets',
  'Transfer',
  'Supabase',
] as const;
export type Group = (typeof GROUPS)[number];

/** One line of the estimate. */
export interface CostLine {
  readonly group: Group;
  readonly what: string;
  /** In the unit of the price. */
  readonly quantity: number;
  readonly price: Price;
  readonly usd: number;
}

/** Writes a line by the prices of a region. */
export type WriteLine = (group: Group, what: string, quantity: number, priced: Priced) => CostLine;

export function lineWriter(prices: PriceList): WriteLine {
  return (group, what, quantity, priced) => {
    const price = prices[priced];
    return { group, what, quantity, price, usd: quantity * price.usd };
  };
}
