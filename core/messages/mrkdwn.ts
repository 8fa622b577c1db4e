const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Shown of any text of others: who wants more of it has the log, the report, the execution. */
export const LONGEST_TEXT = 2900;

/** What has no shape of its own and changes that of others: control characters, and those that turn the direction of writing. */
const UNSEEN = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text of others as Slack wants it escaped, so that it makes no link and calls nobody.
 * @param longest characters of the escaped text; what is more is cut before it, never within an escape or a character
 */
export function escaped(text: string, longest = LONGEST_TEXT): string {
  let shown = '';
  for (const character of text.replace(UNSEEN, '')) {
    const next = ESCAPES[character] ?? character;
    if (shown.length + next.length > longest - 1) return `${shown}…`;
    shown += next;
  }
  return shown;
}

/** The same where Slack reads no escapes. */
export function cut(text: string, longest: number): string {
  let shown = '';
  for (const character of text.replace(UNSEEN, '')) {
    if (shown.length + character.length > longest - 1) return `${shown}…`;
    shown += character;
  }
  return shown;
}
