import type { Language } from '../environment.ts';
import { executionLink } from '../failure/explain.ts';
import { clockText } from '../instant-text.ts';
import { runbookLink } from '../runbook.ts';
import { backupOf } from './events.ts';
import { messagesOf } from './index.ts';
import type { Advice } from './messages.ts';
import type { Fact, Part, Place } from './notice.ts';
import { noticeWords } from './notice-words.ts';

/** Where and for whom messages are written. */
export interface Audience {
  readonly language: Language;
  /** Name of the environment. */
  readonly environment: string;
  /** Zone in which people read a clock. */
  readonly timeZone: string;
}

/** What happened, what it means, what to do. */
export function adviceParts(advice: Advice, language: Language): Part[] {
  const { labels } = messagesOf(language);
  return [{ label: labels.happened, text: advice.happened }, ...meansAndTodo(advice, language)];
}

/** The same below a title that says what happened. */
export function meansAndTodo({ means, todo }: Advice, language: Language): Part[] {
  const { labels } = messagesOf(language);
  return [
    { label: labels.means, text: means },
    { label: labels.todo, text: todo },
  ];
}

/** The execution in the console. */
export function executionPlace(execution: { id: string; name: string }, language: Language): Place {
  return {
    label: messagesOf(language).labels.execution,
    name: execution.name,
    url: executionLink(execution.id),
  };
}

/** A heading of the runbook: a link where the runbook is published, else the path in the repository. */
export function runbookPlace(heading: string, language: Language): Place {
  const address = runbookLink(heading);
  const published = /^https?:/.test(address);
  return {
    label: messagesOf(language).labels.runbook,
    ...(published ? { name: heading, url: address } : { name: address }),
  };
}

/** When an execution began, on the clock of the audience; nothing where that is not known. */
export function startedLine(startedAt: string | number | undefined, audience: Audience): string[] {
  const instant = new Date(startedAt ?? Number.NaN);
  if (Number.isNaN(instant.getTime())) return [];
  return [noticeWords(audience.language).started(clockText(instant, audience.timeZone))];
}

/** Kind and slot of a backup, as far as its input says. */
export function backupFacts(input: unknown, language: Language): Fact[] {
  const { kinds, labels } = noticeWords(language);
  const { kind, slot } = backupOf(input) ?? {};
  return [
    ...(kind === undefined ? [] : [{ label: labels.kind, value: wordOf(kinds, kind) }]),
    ...(slot === undefined ? [] : [{ label: labels.slot, value: slot }]),
  ];
}

/** A word for a kind; whatever somebody typed instead of one stays as it is. */
export function wordOf(words: Readonly<Record<string, string>>, name: string): string {
  return (Object.hasOwn(words, name) ? words[name] : undefined) ?? name;
}
