/** What lifecycle may move an object to, shallowest first: it only ever moves down. */
export const COLD_CLASSES = ['STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'] as const;
export type ColdClass = (typeof COLD_CLASSES)[number];

/** Days that are billed at least once an object has come to a class, however soon it leaves. */
export const BILLED_DAYS: Readonly<Record<ColdClass, number>> = {
  STANDARD_IA: 30,
  ONEZONE_IA: 30,
  GLACIER_IR: 90,
  GLACIER: 90,
  DEEP_ARCHIVE: 180,
};

/** Below this the colder classes bill 128 KiB, or add 40 KiB of index, to every object. */
export const SMALL_OBJECT_BYTES = 128 * 1024;

/** How cold a class is; the higher, the colder. */
export function depthOf(storageClass: ColdClass): number {
  return COLD_CLASSES.indexOf(storageClass);
}
