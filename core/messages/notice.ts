import { escaped } from './mrkdwn.ts';

/** Something short that is named: the environment, the kind of a backup. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** One thought of a message. */
export interface Part {
  /** Nothing for what speaks for itself. */
  readonly label?: string;
  readonly text: string;
  /** In the words of whatever failed, which are shown as they are. */
  readonly quoted?: boolean;
}

/** Where to look. */
export interface Place {
  readonly label: string;
  readonly name: string;
  /** Nothing where it is no address that a browser opens. */
  readonly url?: string;
}

/** What people are told, in words of one language and in no format: Slack and mail each have their own. */
export interface Notice {
  /** Name of an emoji that says at a glance how bad it is. */
  readonly mark: string;
  readonly title: string;
  readonly parts: readonly Part[];
  readonly facts: readonly Fact[];
  readonly places: readonly Place[];
  /** Small print: when it was, and what else was not told one by one. */
  readonly footer: readonly string[];
}

/** The whole message as one text, for Slack where blocks are not shown: in notifications, to a screen reader. */
export function slackTextOf({ mark, title, parts, facts, places, footer }: Notice): string {
  return [
    `:${mark}: *${escaped(title)}*`,
    ...parts.map(({ label, text }) => (label === undefined ? escaped(text) : `*${label}:* ${escaped(text)}`)),
    '',
    ...facts.map(({ label, value }) => `${label}: ${escaped(value)}`),
    ...places.map((place) => `${place.label}: ${linkOf(place)}`),
    ...footer.map((line) => `_${escaped(line)}_`),
  ].join('\n');
}

/** The same for a mail, which knows no format. */
export function mailTextOf({ title, parts, facts, places, footer }: Notice): string {
  return [
    title,
    ...parts.map(({ label, text }) => (label === undefined ? text : `${label}: ${text}`)),
    '',
    ...facts.map(({ label, value }) => `${label}: ${value}`),
    ...places.map(({ label, name, url }) => `${label}: ${url ?? name}`),
    ...footer,
  ].join('\n');
}

/** A place as Slack links it. */
export function linkOf({ name, url }: Place): string {
  return url === undefined ? escaped(name) : `<${escaped(url)}|${escaped(name)}>`;
}
