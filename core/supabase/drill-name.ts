import { createHash } from 'node:crypto';
import { formatSlot } from '../set-id.ts';
import type { ProjectSummary } from './api.ts';

const NAME = /^vpb-drill-([a-z][a-z0-9-]{0,19})-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[a-z0-9]{6}$/;
const DIGITS = 6;
const HOUR_MS = 60 * 60_000;
/** A project that is going already, or gone. */
const GOING: readonly string[] = ['GOING_DOWN', 'REMOVED'];

/** What the name of a drill's project says. */
export interface DrillName {
  readonly environment: string;
  /** When the drill made it, to the second. */
  readonly madeAt: Date;
}

/** What of a listed project tells whether it may go. */
export type ListedProject = Pick<ProjectSummary, 'ref' | 'name' | 'createdAt' | 'status'>;

/** What tells a project that a drill left from any other. */
export interface LeftOverRule {
  readonly environment: string;
  /** Hours after which a drill is done, or never will be. */
  readonly maxHours: number;
  /** The project that is backed up. */
  readonly sourceRef: string;
}

/** An execution of the drill workflow, by what everybody who hears of it knows. */
export interface DrillExecution {
  /** Its ARN. */
  readonly id: string;
  readonly startedAt: Date;
}

/**
 * The name of the one project that an execution of the drill workflow makes: `vpb-drill-production-20261124T020000Z-k3x9q2`.
 * It follows from the execution alone, so that whoever hears of its end finds the project, also where nobody was told of
 * one. It is all by which the reaper tells that the project is ours, so a drill makes none under another.
 */
export function drillProjectName(environment: string, { id, startedAt }: DrillExecution): string {
  const hash = BigInt(`0x${createHash('sha256').update(id).digest('hex')}`).toString(36);
  return `vpb-drill-${environment}-${formatSlot(startedAt)}-${hash.slice(-DIGITS)}`;
}

/** Reads such a name; undefined for any that is not exactly one. */
export function parseDrillName(name: string): DrillName | undefined {
  const [, environment, year, month, day, hour, minute, second] = NAME.exec(name) ?? [];
  if (environment === undefined) return undefined;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const madeAt = new Date(text);
  // 30 February is a date to JavaScript, and hour 24 a time
  if (Number.isNaN(madeAt.getTime()) || madeAt.toISOString() !== text) return undefined;
  return { environment, madeAt };
}

/**
 * Projects that a drill may delete as its own: of exactly its name, in the organization that drills have, and never the one
 * that is backed up.
 */
export function projectsOfDrill<Listed extends ListedProject>(
  name: string,
  projects: readonly Listed[],
  sourceRef: string,
): Listed[] {
  if (parseDrillName(name) === undefined) return [];
  return projects.filter((each) => each.name === name && each.ref !== sourceRef && each.status !== 'REMOVED');
}

/** Whether a project is going already, so that deleting it again would be refused. */
export function isGoing({ status }: Pick<ListedProject, 'status'>): boolean {
  return GOING.includes(status);
}

/** The project of another drill of the same environment, for two would write one secret; nothing for what is no drill's. */
export function projectOfAnotherDrill<Listed extends ListedProject>(
  name: string,
  projects: readonly Listed[],
): Listed | undefined {
  const own = parseDrillName(name);
  if (own === undefined) return undefined;
  return projects.find(
    (each) =>
      each.name !== name && parseDrillName(each.name)?.environment === own.environment && !isGoing(each),
  );
}

/**
 * Whether a drill of this environment left the project behind, so that it may be deleted for good. Both times must be old
 * enough, that of the name and that of Supabase: one clock alone, wrong, would delete the project of a running drill.
 */
export function isLeftOver(project: ListedProject, rule: LeftOverRule, now: Date): boolean {
  const parsed = parseDrillName(project.name);
  if (parsed?.environment !== rule.environment) return false;
  const limit = now.getTime() - rule.maxHours * HOUR_MS;
  return (
    parsed.madeAt.getTime() < limit &&
    // false for an invalid date too
    project.createdAt.getTime() < limit &&
    !isGoing(project) &&
    project.ref !== rule.sourceRef
  );
}
