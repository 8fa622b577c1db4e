import type { DrillTarget } from '../../../core/drill/report.ts';

/** Languages of the report; it holds both, and shows one of them first. */
export const REPORT_LANGUAGES = ['ko', 'en'] as const;

/** What a drill is asked to do. */
export interface DrillRequest {
  /** `task`: a PostgreSQL that the drill makes and removes. The others are the database of TARGET_DATABASE_URL. */
  readonly target: DrillTarget;
  /** A set id, or `latest` for the newest verified set of the whole database. */
  readonly set: string;
  /** Given by a workflow that has to know it beforehand. @default - a new one */
  readonly drillId?: string;
  /**
   * When a workflow began to prepare the drill: making a project, or starting a task, is part of what a recovery takes.
   * @default - now
   */
  readonly began?: Date;
  /** The target holds the set already, brought back in another way: nothing is restored, everything is checked. */
  readonly asItIs: boolean;
  /** A folder that the report is written to besides. */
  readonly out?: string;
  readonly language: (typeof REPORT_LANGUAGES)[number];
}
