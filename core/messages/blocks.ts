import type { ContextBlock, HeaderBlock, MrkdwnElement, SectionBlock } from '@slack/types';
import { cut, escaped, LONGEST_TEXT } from './mrkdwn.ts';
import { type Fact, linkOf, type Notice, type Part, type Place } from './notice.ts';

export type Block = HeaderBlock | SectionBlock | ContextBlock;

/** What Slack takes (its reference of blocks): one more of anything, and it refuses the whole message. */
export const SLACK_LIMITS = {
  blocks: 50,
  headerCharacters: 150,
  sectionCharacters: 3000,
  fields: 10,
  fieldCharacters: 2000,
  contextElements: 10,
} as const;

/** Of a message most of which is said in a few; the rest is for the log. */
const MOST_PARTS = 20;
const LONGEST_FACT = 300;

/**
 * A message as Slack lays it out: what it is, what happened, what it means, what to do, and where to look. Links are text: a
 * button calls back the app that made it, and an incoming webhook has none that answers.
 */
export function blocksOf({ mark, title, parts, facts, places, footer }: Notice): Block[] {
  return [
    { type: 'header', text: { type: 'plain_text', emoji: true, text: headerText(mark, title) } },
    ...(facts.length === 0 ? [] : [factsBlock(facts)]),
    ...parts.slice(0, MOST_PARTS).map((part): Block => ({ type: 'section', text: mrkdwn(partText(part)) })),
    ...(places.length === 0 ? [] : [placesBlock(places)]),
    ...(footer.length === 0
      ? []
      : [
          {
            type: 'context' as const,
            elements: footer.slice(0, SLACK_LIMITS.contextElements).map(smallPrint),
          },
        ]),
  ];
}

/** A header reads emoji and no escapes, so what would be read as one is replaced by what looks alike. */
function headerText(mark: string, title: string): string {
  const text = title.replace(/\s+/g, ' ').replaceAll('<', '‹').replaceAll('>', '›');
  return cut(`:${mark}: ${text}`, SLACK_LIMITS.headerCharacters);
}

/** Nothing in it is turned into a link or a mention but what is marked as one. */
function mrkdwn(text: string): MrkdwnElement {
  return { type: 'mrkdwn', verbatim: true, text };
}

function partText({ label, text, quoted }: Part): string {
  const heading = label === undefined ? '' : `*${label}*\n`;
  const room = LONGEST_TEXT - heading.length;
  if (quoted !== true) return `${heading}${escaped(text, room) || '–'}`;
  // three in a row would end the quotation
  return `${heading}\`\`\`${escaped(text.replaceAll('`', '´'), room - 6) || '–'}\`\`\``;
}

function factsBlock(facts: readonly Fact[]): SectionBlock {
  return {
    type: 'section',
    fields: facts
      .slice(0, SLACK_LIMITS.fields)
      .map(({ label, value }) => mrkdwn(`*${label}*\n${escaped(value, LONGEST_FACT) || '–'}`)),
  };
}

function placesBlock(places: readonly Place[]): SectionBlock {
  const lines = places.map((place) => `*${place.label}:* ${linkOf(place)}`);
  // a link cut in two opens nothing
  const fitting = lines.filter((_, index) => lines.slice(0, index + 1).join('\n').length <= LONGEST_TEXT);
  return { type: 'section', text: mrkdwn(fitting.join('\n')) };
}

function smallPrint(line: string): MrkdwnElement {
  return mrkdwn(escaped(line, LONGEST_FACT) || '–');
}
