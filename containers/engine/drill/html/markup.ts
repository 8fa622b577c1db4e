/** Text that is HTML already and is put into a page as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | readonly Markup[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that nobody sees but that reorder or hide the text around them, and those XML forbids. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu;

/** A text as it may stand in an element or in a quoted attribute; what cannot be seen is written as its code. */
export function escapeText(text: string): string {
  return text
    .replace(UNSEEN, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`)
    .replace(/[&<>"']/g, (found) => ENTITIES[found] ?? '');
}

/** HTML of a template: whatever is put in is escaped unless it is Markup. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const texts = parts.map((part) => {
    if (part instanceof Markup) return part.text;
    if (typeof part === 'object') return part.map(({ text }) => text).join('');
    return escapeText(String(part));
  });
  return new Markup(String.raw({ raw: template }, ...texts));
}

export const NOTHING = new Markup('');
