import type { DrillOutcome } from '../drill/outcome.ts';
import type { ErrorName } from '../failure/findings.ts';
import type { RestoreCounts } from '../restore-report.ts';
import type { RestoreFacts } from '../restore-steps.ts';
import type { PlanFacts } from './plan.ts';
import type { SupabaseMessages } from './supabase.ts';

/** What a thaw says of itself, as far as people want to know it. */
export interface ThawFacts {
  readonly objects: number;
  readonly bytes: number;
  readonly waitSeconds: number;
  readonly readyAt: string | null;
  readonly costUsd: number | null;
}

/** What a restore came to. */
export interface ResultFacts {
  readonly restoreId: string | null;
  readonly counts: RestoreCounts;
  readonly keptAs: string | null;
}

/** Three sentences that an alert is made of. */
export interface Advice {
  readonly happened: string;
  readonly means: string;
  readonly todo: string;
}

/** Everything people are told in Slack, in one language. */
export interface Messages {
  /** What a restore does, in one paragraph. */
  describe(facts: RestoreFacts): string;
  started(): string;
  planned(): string;
  /** A plan, line by line. */
  plan(facts: PlanFacts): string[];
  thawing(facts: ThawFacts): string;
  verified(facts: ResultFacts): string;
  /** A drill, line by line. */
  drill(outcome: DrillOutcome): string[];
  /** Of Supabase projects. */
  readonly supabase: SupabaseMessages;
  /** Of an error an execution ends with. */
  readonly failed: Readonly<Record<ErrorName, Advice>>;
  readonly labels: {
    readonly environment: string;
    readonly execution: string;
    readonly runbook: string;
    readonly happened: string;
    readonly means: string;
    readonly todo: string;
    readonly details: string;
    readonly backup: string;
    readonly restore: string;
    readonly files: string;
    readonly drill: string;
  };
}
