import { PREFIX } from '../names.ts';
import { formatSlot, slotIn } from '../set-id.ts';

/** Objects below a drill's folder. */
export const DRILL_OBJECT = {
  report: 'report.json',
  /** Detached, armoured; of report.json. */
  signature: 'report.json.asc',
  page: 'report.html',
  pageSignature: 'report.html.asc',
} as const;

const ID = /^drill-(\d{8}T\d{6}Z)-[0-9a-f]{6}$/;

/** `drill-20261127T020000Z-9f3a61`: sorts as time does. */
export function newDrillId(now: Date, random: string): string {
  return `drill-${formatSlot(now)}-${random}`;
}

/** When a drill began; nothing for a text that is no id of one. */
export function drillStart(id: string): Date | undefined {
  return slotIn(ID.exec(id)?.[1] ?? '');
}

/** `drills/drill-20261127T020000Z-9f3a61/` */
export function drillFolder(id: string): string {
  return `${PREFIX.drills}/${id}/`;
}

/** The id whose folder this is; nothing for any other folder. */
export function drillOfFolder(folder: string): string | undefined {
  const [prefix, id = '', ...below] = folder.replace(/\/$/, '').split('/');
  if (prefix !== PREFIX.drills || below.length > 0) return undefined;
  return drillStart(id) === undefined ? undefined : id;
}
