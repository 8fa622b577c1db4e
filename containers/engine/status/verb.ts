import { type EnvironmentConfig, LANGUAGES, type Language } from '../../../core/environment.ts';
import { BucketError, reason, UsageError } from '../../../core/errors/index.ts';
import {
  type Expectations,
  expectationsOf,
  strategyExpectations,
} from '../../../core/health/expectations.ts';
import { type Finding, finding, worstFirst } from '../../../core/health/finding.ts';
import { type Health, type Looked, measureHealth } from '../../../core/health/health.ts';
import { judge } from '../../../core/health/judge.ts';
import { ENV, EXIT, type ExitCode } from '../../../core/names.ts';
import { runbookLink } from '../../../core/runbook.ts';
import type { Outcome } from '../cli/outcome.ts';
import type { Verb } from '../cli/verbs.ts';
import { openBucket, proveBucket } from '../storage/bucket.ts';
import { renderStatus } from './render.ts';
import { type AskedProject, type OpenApi, statusSources } from './sources.ts';

export interface StatusRequest {
  /** One of core/environments.ts; without it the strategy's limits, for whatever there is. */
  readonly environment: string | undefined;
  readonly language: Language;
}

export const STATUS_LANGUAGES = LANGUAGES;

/** What `status` found, for whoever shows it. */
export interface Status {
  readonly environment: string | undefined;
  readonly at: Date;
  /** Nothing where the bucket cannot be entered. */
  readonly health: Health | undefined;
  readonly findings: readonly Finding[];
}

/** The verb `status`: green, or what is wrong, in one screen. It only reads. */
export function statusVerb({ environment, language }: StatusRequest, open?: OpenApi): Verb {
  return async ({ config, signal }) => {
    const configured = environment === undefined ? undefined : await environmentOf(environment);
    const expected = configured === undefined ? strategyExpectations() : expectationsOf(configured);
    const bucket = openBucket(config.upload.attempts);
    const project = projectOf(configured, process.env);
    const at = new Date();
    let status: Status;
    try {
      await proveBucket(bucket);
      const sources = statusSources(bucket, project, signal, open);
      const health = await measureHealth(sources, expected, at);
      const findings = worstFirst([...judge(health, expected), ...notAsked(configured, project)]);
      status = { environment, at, health, findings };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BucketError)) throw error;
      const blind = finding('unknown', 'Monitor/Failing', (say) => say.unknown('bucket', reason(error)));
      status = { environment, at, health: undefined, findings: [blind] };
    }
    if (process.stderr.isTTY) process.stderr.write(`${renderStatus(status, expected, language)}\n`);
    return outcomeOf(status, expected, language);
  };
}

/**
 * Read when it is asked for: a mistake in the file that teams edit is none of whoever makes or restores a set.
 * @throws UsageError for one that core/environments.ts has not, ConfigurationError for a mistake in it
 */
async function environmentOf(name: string): Promise<EnvironmentConfig> {
  const { ENVIRONMENTS } = await import('../../../core/environments.ts');
  const known: Readonly<Record<string, EnvironmentConfig>> = ENVIRONMENTS;
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found !== undefined) return found;
  throw new UsageError(
    `there is no environment ${name}; expected one of core/environments.ts: ${Object.keys(known).join(', ')}`,
  );
}

/** The project of the environment, or the one that the shell names; only with a token that opens it. */
function projectOf(
  environment: EnvironmentConfig | undefined,
  env: Readonly<Record<string, string | undefined>>,
): AskedProject | undefined {
  if (environment?.supabase?.pitr.watch === false) return undefined;
  const ref = environment?.supabase?.projectRef ?? env[ENV.supabaseProjectRef]?.trim() ?? '';
  const token = env[ENV.supabaseAccessToken]?.trim() ?? '';
  return ref === '' || token === '' ? undefined : { ref, token };
}

/** Whoever says that recovery is watched, and cannot look at it, does not know that all is well. */
function notAsked(environment: EnvironmentConfig | undefined, project: AskedProject | undefined): Finding[] {
  if (environment?.supabase?.pitr.watch !== true || project !== undefined) return [];
  const why = `${ENV.supabaseAccessToken} is not set; set it to an access token of Supabase`;
  return [finding('unknown', 'Pitr/NotMeasured', (say) => say.unknown('pitr', why))];
}

function outcomeOf(
  { environment, at, health, findings }: Status,
  expected: Expectations,
  language: Language,
): Outcome {
  const has = (severity: Finding['severity']) => findings.some((each) => each.severity === severity);
  const [exitCode, outcome]: [ExitCode, string] = has('alarm')
    ? [EXIT.failed, 'wrong']
    : has('unknown')
      ? [EXIT.unverified, 'unknown']
      : [EXIT.verified, has('warning') ? 'warnings' : 'green'];
  return {
    exitCode,
    result: {
      outcome,
      environment: environment ?? null,
      at: at.toISOString(),
      findings: findings.map(({ severity, heading, text }) => ({
        severity,
        text: text[language],
        heading,
        runbook: runbookLink(heading),
      })),
      ...(health === undefined ? {} : figuresIn(health)),
      limits: { files: expected.files, drill: expected.drill, pitr: expected.pitr, ...expected.health },
    },
  };
}

/** What was seen, or `problem`; null where there was nothing to look at. */
function figuresIn({ kinds, uploads, files, drill, pitr }: Health): Record<string, unknown> {
  const seen = <T>(looked: Looked<T> | undefined) =>
    looked === undefined ? null : 'seen' in looked ? looked.seen : looked;
  return {
    kinds: Object.fromEntries(kinds.map(({ kind, looked }) => [kind, seen(looked)])),
    uploads: seen(uploads),
    files: seen(files),
    drill: seen(drill),
    pitr: seen(pitr),
  };
}
