import type { ServiceHealth } from './api.ts';

/**
 * States of a Supabase project. More may come than anybody has listed: what is not known is waited on.
 */

/** In these a project answers, well or badly. */
const UP: readonly string[] = ['ACTIVE_HEALTHY', 'ACTIVE_UNHEALTHY'];

/** No project comes out of these by itself. */
const LOST: readonly string[] = ['RESTORE_FAILED', 'INIT_FAILED', 'PAUSE_FAILED', 'REMOVED', 'INACTIVE'];

export const HEALTHY = 'ACTIVE_HEALTHY';

export function isUp(status: string): boolean {
  return UP.includes(status);
}

export function isLost(status: string): boolean {
  return LOST.includes(status);
}

/** One service of a project and how it is. */
type Service = Pick<ServiceHealth, 'name' | 'status'>;

/** What a restored project must have running before people are told that it is back. */
export const SERVICES = ['db', 'pooler', 'rest', 'storage', 'auth'] as const;

/** The services that are not well, each with its state; all of them where nothing is known. */
export function unwell(services: readonly Service[] | undefined): string[] {
  return SERVICES.flatMap((name) => {
    const status = services?.find((each) => each.name === name)?.status ?? 'UNKNOWN';
    return status === HEALTHY ? [] : [`${name} (${status})`];
  });
}

/** What one look at a project showed; `problem` where it could not be looked at. */
export interface Seen {
  readonly status?: string | undefined;
  readonly services?: readonly Service[] | undefined;
  readonly problem?: string | undefined;
}
