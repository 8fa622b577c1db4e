import type { CatalogStore } from '../catalog.ts';
import { FILES, parseFilesManifest, slotOfFolder } from './manifest.ts';

/**
 * Minutes since the run began that made the newest inventory; nothing where there is none. Of an inventory in the bucket, not
 * of a schedule that believes to have run (spec M1).
 */
export async function inventoryAgeMinutes(store: CatalogStore, now: Date): Promise<number | undefined> {
  const folders = (await store.listFolders(FILES.inventories)).filter(
    (folder) => slotOfFolder(folder) !== undefined,
  );
  // slots sort as time does
  for (const folder of folders.sort().reverse()) {
    const key = folder + FILES.manifest;
    const text = await store.getText(key);
    if (text === undefined) continue;
    return (now.getTime() - Date.parse(parseFilesManifest(text, key).startedAt)) / 60_000;
  }
  return undefined;
}
