import { z } from 'zod';
import type { DrillOutcome } from '../drill/outcome.ts';
import type { Language } from '../environment.ts';
import { executionLink } from '../failure/explain.ts';
import { WORKFLOW_ERROR } from '../names.ts';
import { RUN_ENDS } from '../run-end.ts';
import { runbookLink } from '../runbook.ts';
import { costEventSchema, costLines } from './cost.ts';
import { messagesOf } from './index.ts';
import { planFacts } from './plan.ts';
import { filesPlanSchema, handoverSchema, supabasePlanSchema } from './supabase.ts';

const execution = z.object({ id: z.string(), name: z.string() });
const description = z.object({ en: z.string(), ko: z.string() });
const report = z.looseObject({
  restoreId: z.string().nullish(),
  keptAs: z.string().nullish(),
  counts: z.object({
    tables: z.number().nullable(),
    rows: z.string().nullable(),
    changed: z
      .object({ inserted: z.number(), updated: z.number(), deleted: z.number() })
      .nullable()
      .default(null),
    files: z.number().optional(),
  }),
  plan: z.unknown().optional(),
  /** Of a project that went back in time. */
  minutes: z.number().optional(),
});
/** Empty where no project was made. */
const handover = z.union([handoverSchema, z.object({}).transform(() => undefined)]).optional();

/** What people can be told of, as a workflow says it. */
export const slackEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('restore-started'), execution, description }),
  z.object({
    kind: z.literal('restore-thawing'),
    execution,
    description,
    thaw: z.object({
      objects: z.number(),
      bytes: z.number(),
      waitSeconds: z.number(),
      readyAt: z.string().nullish(),
      costUsd: z.number().nullish(),
    }),
  }),
  z.object({ kind: z.literal('restore-planned'), execution, description, report }),
  z.object({ kind: z.literal('restore-verified'), execution, description, report, handover }),
  z.object({
    kind: z.literal('drill'),
    execution,
    outcome: z.looseObject({ ended: z.enum(RUN_ENDS) }),
  }),
  z.object({ kind: z.literal('drill-skipped'), execution, description }),
  costEventSchema,
  z.object({
    kind: z.literal('failed'),
    workflow: z.enum(['backup', 'restore', 'files', 'drill']),
    execution,
    explained: z.object({ error: z.string(), cause: z.string(), remains: description.nullish() }),
  }),
]);
export type SlackEvent = z.output<typeof slackEventSchema>;

/** Slack cuts a text at 40,000 characters and shows far fewer at once. */
const LONGEST = 3000;

/** The message: what happened, what it means, what to do, and where to look. */
export function slackText(event: SlackEvent, language: Language, environment: string): string {
  const { labels } = messagesOf(language);
  const [title, ...lines] =
    event.kind === 'failed' ? failureLines(event, language) : noticeLines(event, language);
  const where = [
    `${labels.environment}: ${environment}`,
    ...('execution' in event
      ? [`${labels.execution}: <${executionLink(event.execution.id)}|${plain(event.execution.name)}>`]
      : []),
    `${labels.runbook}: ${runbookLink(headingOf(event))}`,
  ];
  return [title, ...lines, '', ...where].join('\n');
}

function headingOf(event: SlackEvent): string {
  if (event.kind === 'failed') return event.explained.error;
  if (event.kind === 'cost') return 'Cost';
  return event.kind === 'drill' || event.kind === 'drill-skipped' ? 'Drill' : 'Restore';
}

function failureLines(event: Extract<SlackEvent, { kind: 'failed' }>, language: Language): string[] {
  const { failed, labels } = messagesOf(language);
  const { error, cause, remains } = event.explained;
  const known = Object.values(WORKFLOW_ERROR).find((name) => name === error) ?? WORKFLOW_ERROR.unexpected;
  const advice = failed[known];
  return [
    `:rotating_light: *${labels[event.workflow]}: ${error}*`,
    `*${labels.happened}:* ${advice.happened}`,
    `*${labels.means}:* ${advice.means}`,
    `*${labels.todo}:* ${advice.todo}`,
    `*${labels.details}:* ${plain(cause)}`,
    ...(remains == null ? [] : [`:moneybag: ${plain(remains[language])}`]),
  ];
}

function noticeLines(event: Exclude<SlackEvent, { kind: 'failed' }>, language: Language): string[] {
  const texts = messagesOf(language);
  if (event.kind === 'drill') {
    // the workflow gives what the report function has made
    const [title = '', ...lines] = texts.drill(event.outcome as unknown as DrillOutcome).map(plain);
    return [`:white_check_mark: *${title}*`, ...lines];
  }
  if (event.kind === 'cost') {
    const [title = '', ...lines] = costLines(event, language).map(plain);
    return [`:moneybag: *${title}*`, ...lines];
  }
  const about = plain(event.description[language]);
  switch (event.kind) {
    case 'restore-started':
      return [`:arrow_forward: *${texts.started()}*`, about];
    case 'drill-skipped':
      return [`:pause_button: ${about}`];
    case 'restore-thawing':
      return [
        `:snowflake: ${texts.thawing({ ...event.thaw, readyAt: event.thaw.readyAt ?? null, costUsd: event.thaw.costUsd ?? null })}`,
        about,
      ];
    case 'restore-planned':
      return [`:clipboard: *${texts.planned()}*`, about, ...planLines(event.report.plan, language)];
    case 'restore-verified':
      return [
        `:white_check_mark: *${plain(doneText(event, language))}*`,
        about,
        ...(event.handover === undefined ? [] : texts.supabase.handover(event.handover).map(plain)),
      ];
  }
}

function doneText({ report }: Extract<SlackEvent, { kind: 'restore-verified' }>, language: Language): string {
  const texts = messagesOf(language);
  if (report.minutes !== undefined) return texts.supabase.pitrDone(report.minutes);
  const { restoreId = null, keptAs = null, counts } = report;
  return texts.verified({ restoreId, keptAs, counts });
}

/** In words where its form is known, and as it is where not. */
function planLines(plan: unknown, language: Language): string[] {
  const { supabase } = messagesOf(language);
  const files = filesPlanSchema.safeParse(plan).data;
  if (files !== undefined) return supabase.filesPlan(files).map(plain);
  const own = supabasePlanSchema.safeParse(plan).data;
  if (own !== undefined)
    return (own.mode === 'pitr' ? supabase.pitrPlan(own) : supabase.projectPlan(own)).map(plain);
  const facts = planFacts(plan);
  const lines = facts === undefined ? [JSON.stringify(plan ?? null)] : messagesOf(language).plan(facts);
  return lines.map(plain);
}

/** Text of others as Slack wants it escaped, so that it makes no link and calls nobody. */
function plain(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.length > LONGEST ? `${escaped.slice(0, LONGEST)}…` : escaped;
}
