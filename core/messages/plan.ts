import { z } from 'zod';

const bytes = z.looseObject({ objects: z.number(), storedBytes: z.number() });

/** What the engine's plan of any mode says, as far as people want to know it at once; the report has all of it. */
const planSchema = z.looseObject({
  database: z.string().optional(),
  target: z.looseObject({ database: z.string(), way: z.string() }).optional(),
  reads: bytes.optional(),
  read: bytes.optional(),
  tables: z
    .array(
      z.looseObject({
        table: z.string().optional(),
        schema: z.string().optional(),
        name: z.string().optional(),
        inserted: z.number().optional(),
        updated: z.number().optional(),
        deleted: z.number().optional(),
        rowsInSet: z.string().nullish(),
        rowsNow: z.looseObject({ rows: z.string().nullable() }).nullish(),
      }),
    )
    .default([]),
  confirmNeeded: z.string().nullish(),
  confirm: z.string().nullish(),
  estimatedSeconds: z.looseObject({ value: z.number() }).optional(),
  obstacles: z.array(z.string()).default([]),
});

/** A plan in the parts a message is made of. */
export interface PlanFacts {
  readonly database: string | null;
  /** Whether what is there is replaced as a whole. */
  readonly replaces: boolean;
  readonly reads: { readonly objects: number; readonly storedBytes: number } | null;
  readonly seconds: number | null;
  /** Name the operator has to give. */
  readonly confirm: string | null;
  /** What the restore would be refused for as things stand. */
  readonly obstacles: readonly string[];
  /** One short text for each table that would change, in no language. */
  readonly tables: readonly string[];
  /** Tables that are not shown. */
  readonly more: number;
}

const SHOWN = 15;

/** @returns nothing where the plan has another form than any that is known */
export function planFacts(plan: unknown): PlanFacts | undefined {
  const parsed = planSchema.safeParse(plan).data;
  if (parsed === undefined) return undefined;
  const changing = parsed.tables.map(changeOf).filter((text) => text !== undefined);
  return {
    database: parsed.target?.database ?? parsed.database ?? null,
    replaces: parsed.target?.way === 'replace',
    reads: parsed.reads ?? parsed.read ?? null,
    seconds: parsed.estimatedSeconds?.value ?? null,
    confirm: parsed.confirmNeeded ?? parsed.confirm ?? null,
    obstacles: parsed.obstacles,
    tables: changing.slice(0, SHOWN),
    more: Math.max(0, changing.length - SHOWN),
  };
}

function changeOf(table: z.output<typeof planSchema>['tables'][number]): string | undefined {
  const name = table.table ?? `${table.schema}.${table.name}`;
  const { inserted, updated = 0, deleted = 0 } = table;
  if (inserted !== undefined)
    return inserted + updated + deleted === 0 ? undefined : `${name}: +${inserted} ~${updated} −${deleted}`;
  const [now, then] = [table.rowsNow?.rows ?? '–', table.rowsInSet ?? '–'];
  return now === then ? undefined : `${name}: ${now} → ${then}`;
}
