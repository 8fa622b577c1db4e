import type { DrillOutcome } from '../drill/outcome.ts';
import type { Language } from '../environment.ts';
import type { EventOf } from './events.ts';
import { messagesOf } from './index.ts';
import type { Notice } from './notice.ts';
import { type Audience, executionPlace, runbookPlace, startedLine } from './notice-parts.ts';
import { noticeWords } from './notice-words.ts';
import { planFacts } from './plan.ts';
import { filesPlanSchema, supabasePlanSchema } from './supabase.ts';

type RestoreEvent = EventOf<'restore-started' | 'restore-thawing' | 'restore-planned' | 'restore-verified'>;

/** What a restore says as it goes. */
export function restoreNotice(event: RestoreEvent, audience: Audience): Notice {
  const { language } = audience;
  const { mark, title, lines } = wordsOf(event, language);
  return {
    mark,
    title,
    parts: lines.map((text) => ({ text })),
    facts: [],
    places: [executionPlace(event.execution, language), runbookPlace('Restore', language)],
    footer: startedLine(event.execution.startedAt, audience),
  };
}

interface Words {
  readonly mark: string;
  readonly title: string;
  readonly lines: readonly string[];
}

function wordsOf(event: RestoreEvent, language: Language): Words {
  const texts = messagesOf(language);
  const { titles } = noticeWords(language);
  const about = event.description[language];
  switch (event.kind) {
    case 'restore-started':
      return { mark: 'arrow_forward', title: texts.started(), lines: [about] };
    case 'restore-thawing': {
      const { readyAt = null, costUsd = null } = event.thaw;
      const thawing = texts.thawing({ ...event.thaw, readyAt, costUsd });
      return { mark: 'snowflake', title: titles.thawing, lines: [thawing, about] };
    }
    case 'restore-planned':
      return {
        mark: 'clipboard',
        title: texts.planned(),
        lines: [about, planLines(event.report.plan, language).join('\n')],
      };
    case 'restore-verified':
      return {
        mark: 'white_check_mark',
        title: titles.restoreDone,
        lines: [
          doneText(event, language),
          about,
          ...(event.handover === undefined ? [] : [texts.supabase.handover(event.handover).join('\n')]),
        ],
      };
  }
}

function doneText({ report }: EventOf<'restore-verified'>, language: Language): string {
  const texts = messagesOf(language);
  if (report.minutes !== undefined) return texts.supabase.pitrDone(report.minutes);
  const { restoreId = null, keptAs = null, counts } = report;
  return texts.verified({ restoreId, keptAs, counts });
}

/** In words where its form is known, and as it is where not. */
function planLines(plan: unknown, language: Language): string[] {
  const { supabase } = messagesOf(language);
  const files = filesPlanSchema.safeParse(plan).data;
  if (files !== undefined) return supabase.filesPlan(files);
  const own = supabasePlanSchema.safeParse(plan).data;
  if (own !== undefined) return own.mode === 'pitr' ? supabase.pitrPlan(own) : supabase.projectPlan(own);
  const facts = planFacts(plan);
  return facts === undefined ? [JSON.stringify(plan ?? null)] : messagesOf(language).plan(facts);
}

/** What a drill came to. */
export function drillNotice(event: EventOf<'drill'>, audience: Audience): Notice {
  const { language } = audience;
  // the workflow gives what the report function has made
  const [title = '', ...lines] = messagesOf(language).drill(event.outcome as unknown as DrillOutcome);
  return {
    mark: event.outcome.ended === 'verified' ? 'white_check_mark' : 'rotating_light',
    title,
    parts: [{ text: lines.join('\n') }],
    facts: [],
    places: [executionPlace(event.execution, language), runbookPlace('Drill', language)],
    footer: startedLine(event.execution.startedAt, audience),
  };
}

/** Of a drill that was not held. */
export function skippedNotice(event: EventOf<'drill-skipped'>, audience: Audience): Notice {
  const { language } = audience;
  return {
    mark: 'double_vertical_bar',
    title: noticeWords(language).titles.drillSkipped,
    parts: [{ text: event.description[language] }],
    facts: [],
    places: [executionPlace(event.execution, language), runbookPlace('Cost', language)],
    footer: startedLine(event.execution.startedAt, audience),
  };
}
