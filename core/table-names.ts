/** A table by its schema and name, as manifests and catalogues have it. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** `public.users`, unquoted: as configurations and people write it. */
export function nameOf({ schema, name }: TableName): string {
  return `${schema}.${name}`;
}

/** Every name that speaks for a table: its own, and that of the partitioned table it is a leaf of. */
export function namesOf(table: TableName & { readonly partitionOf: TableName | null }): string[] {
  return [nameOf(table), ...(table.partitionOf === null ? [] : [nameOf(table.partitionOf)])];
}

/** Tells any two tables apart, whatever their names hold. */
export function keyOf({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}
