/**
 * The percentile by nearest rank: the smallest value that so many per cent of all are not above.
 * @param values in any order, at least one
 * @param percent above 0, up to 100
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}
