import { closest } from 'fastest-levenshtein';
import { type CatalogEntry, type CatalogStore, listSetIds, listSets, newestAt, readSet } from './catalog.ts';
import { RestoreInputInvalid, RestoreRefused } from './errors/index.ts';
import { FULL_KINDS, SCHEDULED_KINDS } from './kinds.ts';
import type { Manifest } from './manifest.ts';
import { pointInTime } from './point-in-time.ts';
import type { RestoreRequest } from './restore-request.ts';
import { parseRowCondition, parseRowKey } from './row-selection.ts';
import { formatSetId, parseInstant, parseSetId, type SetId } from './set-id.ts';
import { nameOf, namesOf } from './table-names.ts';

/** A set that can be restored from, as far as its manifest and its verification say. */
export type RestorableSet = CatalogEntry & {
  readonly manifest: Manifest;
  /** Sets of single levels that are laid over it, for the state of an instant. */
  readonly laidOver?: readonly string[];
};

const SHOWN = 5;

/**
 * The set a request means, chosen once: everything after it (thaw, engine, report) works on this very id.
 * `latest` is the newest verified set that holds what is asked for, failing that the newest that was not found damaged.
 * @throws RestoreInputInvalid when there is none, or it does not hold what is asked for
 * @throws RestoreRefused when it is damaged
 */
export async function findRestoreSet(store: CatalogStore, request: RestoreRequest): Promise<RestorableSet> {
  const tables = tablesOf(request);
  if (request.set !== 'latest') return namedSet(store, parseSetId(request.set), request, tables);
  const at = request.at === undefined ? undefined : parseInstant(request.at);
  // what was kept before another restore is restored from by its id only
  const sets = await listSets(
    store,
    request.mode === 'full' && at === undefined ? FULL_KINDS : SCHEDULED_KINDS,
  );
  if (request.mode === 'full' && at !== undefined) {
    const found = pointInTime(sets, at);
    if (found === undefined)
      throw noneToTake(
        sets.filter(({ kind }) => FULL_KINDS.includes(kind)),
        tables,
        at,
      );
    return { ...found.base, laidOver: found.overlays.map(({ entry }) => entry.id) };
  }
  const holding = sets.filter(({ manifest }) => manifest !== undefined && holdsAsked(manifest, request));
  const found = newestAt(holding, at);
  if (found?.manifest === undefined) throw noneToTake(sets, tables, at);
  return found as RestorableSet;
}

async function namedSet(
  store: CatalogStore,
  id: SetId,
  request: RestoreRequest,
  tables: readonly string[],
): Promise<RestorableSet> {
  const entry = await readSet(store, id);
  if (entry === undefined) throw noSuchSet(id, await listSetIds(store));
  const damage =
    entry.problem?.message ??
    (entry.state === 'failed' ? entry.verification?.problems.join('; ') : undefined);
  if (damage !== undefined || entry.manifest === undefined)
    throw new RestoreRefused(
      `The set ${entry.id} is damaged and cannot be relied on: ${damage}. Take another one, such as {"set": "latest"}.`,
      `세트 ${entry.id}은(는) 손상되어 믿을 수 없습니다: ${damage}. 다른 세트를 쓰세요. 예: {"set": "latest"}.`,
    );
  const { manifest } = entry;
  if (request.mode === 'full' && manifest.limitedTo !== null)
    throw new RestoreInputInvalid(
      `The set ${entry.id} holds ${manifest.tables.length} tables, not the whole database; take a daily or weekly set, or mode "table".`,
      `세트 ${entry.id}에는 전체 데이터베이스가 아니라 테이블 ${manifest.tables.length}개만 있습니다. daily나 weekly 세트를 쓰거나 mode "table"을 쓰세요.`,
    );
  const lacking = missing(manifest, tables);
  if (lacking !== undefined) throw noSuchTable(lacking, entry.id, manifest);
  return { ...entry, manifest };
}

/** Tables that a request names, as it names them. */
export function tablesOf({ tables = [], rows = [], where = [] }: RestoreRequest): string[] {
  const named = [
    ...tables,
    ...rows.map((text) => parseRowKey(text).table),
    ...where.map((text) => parseRowCondition(text).table),
  ];
  return [...new Set(named)];
}

/** The first of these tables that a set does not hold. */
function missing(manifest: Manifest, tables: readonly string[]): string | undefined {
  const names = new Set(namesIn(manifest));
  return tables.find((asked) => !names.has(plain(asked)) && !names.has(`public.${plain(asked)}`));
}

/** Whether a set holds the tables a request names and, where they are to come along, whatever may hang on their rows. */
export function holdsAsked(manifest: Manifest, request: RestoreRequest): boolean {
  const tables = tablesOf(request);
  return (
    missing(manifest, tables) === undefined && (!request.withDependents || holdsDependents(manifest, tables))
  );
}

/** Whether all that may hang on rows of these tables is in the set: one of a level may lack some of it. */
function holdsDependents(manifest: Manifest, tables: readonly string[]): boolean {
  const names = new Set(namesIn(manifest));
  const needed = new Set(
    tables.map((asked) => (names.has(plain(asked)) ? plain(asked) : `public.${plain(asked)}`)),
  );
  // what is added is looked at as well: a set goes on to its end while it grows
  for (const table of needed)
    for (const { from, to } of manifest.foreignKeys) if (nameOf(to) === table) needed.add(nameOf(from));
  return [...needed].every((table) => names.has(table));
}

function namesIn({ tables }: Manifest): string[] {
  return tables.flatMap(namesOf);
}

/** Without the quotes a name may be typed in. */
function plain(name: string): string {
  return name.replace(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"'));
}

function noSuchTable(asked: string, id: string, manifest: Manifest): RestoreInputInvalid {
  const names = namesIn(manifest);
  const nearest = names.length === 0 ? '-' : closest(asked.includes('.') ? asked : `public.${asked}`, names);
  return new RestoreInputInvalid(
    `There is no table ${asked} in the set ${id}; the nearest name is ${nearest}.`,
    `세트 ${id}에 테이블 ${asked}이(가) 없습니다. 가장 가까운 이름: ${nearest}.`,
  );
}

function noSuchSet(asked: SetId, known: readonly SetId[]): RestoreInputInvalid {
  const distance = ({ kind, slot }: SetId) =>
    Math.abs(slot.getTime() - asked.slot.getTime()) + (kind === asked.kind ? 0 : 1);
  const nearest = known.toSorted((a, b) => distance(a) - distance(b)).slice(0, SHOWN);
  const names = nearest.length === 0 ? '-' : nearest.map(formatSetId).join(', ');
  return new RestoreInputInvalid(
    `There is no set ${formatSetId(asked)}; the nearest ones are ${names}.`,
    `세트 ${formatSetId(asked)}은(는) 없습니다. 가장 가까운 세트: ${names}.`,
  );
}

function noneToTake(
  sets: readonly CatalogEntry[],
  tables: readonly string[],
  at: Date | undefined,
): RestoreInputInvalid {
  const until = at?.toISOString();
  const known = sets.slice(0, SHOWN).map(({ id, state }) => `${id} (${state})`);
  const names = known.length === 0 ? '-' : known.join(', ');
  const held = tables.length === 0 ? '' : ` ${tables.join(', ')}`;
  return new RestoreInputInvalid(
    `There is no usable set${held === '' ? '' : ` that holds${held}`}${until === undefined ? '' : ` at or before ${until}`}; the newest sets are ${names}.`,
    `쓸 수 있는 세트가 없습니다${held === '' ? '' : ` (테이블:${held})`}${until === undefined ? '' : ` (${until} 이전)`}. 가장 최근 세트: ${names}.`,
  );
}
