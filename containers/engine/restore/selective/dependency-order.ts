/** An arrow from a table to one that hangs on it, both by their keys. */
export interface Arrow {
  readonly parent: string;
  readonly child: string;
}

/** Tables that hang on each other in a circle, or one table. */
export interface Ring {
  readonly members: readonly string[];
  /** False for one table that does not hang on itself: when all above it is known, it is known in one step. */
  readonly circular: boolean;
}

/**
 * All tables that hang on the first ones, those included, in an order in which whatever a table hangs on comes before it;
 * where tables hang on each other in a circle they come together (strongly connected components, Tarjan 1972).
 */
export function dependencyOrder(first: readonly string[], arrows: readonly Arrow[]): Ring[] {
  const children = new Map<string, string[]>();
  for (const { parent, child } of arrows) children.set(parent, [...(children.get(parent) ?? []), child]);
  const below = (table: string) => children.get(table) ?? [];
  const found = new Map<string, { index: number; low: number; open: boolean }>();
  const path: string[] = [];
  const rings: Ring[] = [];
  const visit = (table: string) => {
    const own = { index: found.size, low: found.size, open: true };
    found.set(table, own);
    path.push(table);
    for (const child of below(table)) {
      const other = found.get(child) ?? visit(child);
      if (other.open) own.low = Math.min(own.low, other.low);
    }
    if (own.low === own.index) {
      const members = path.splice(path.indexOf(table));
      for (const member of members) Object.assign(found.get(member) ?? {}, { open: false });
      rings.push({ members, circular: members.length > 1 || below(table).includes(table) });
    }
    return own;
  };
  for (const table of first) if (!found.has(table)) visit(table);
  return rings.reverse();
}
