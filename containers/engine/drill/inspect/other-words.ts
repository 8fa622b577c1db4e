import type { Definition } from './definitions.ts';

/** A word, a quoted name, a string, or any other character. */
const TOKEN = /"(?:[^"]|"")*"|'(?:[^']|'')*'|\w+|[^\s\w]/g;

/**
 * Whether two servers of different majors say the same: since version 16 a view does not name the table of a column where
 * there is only one table. Nothing else may differ but blanks, and what is known to mean the same.
 */
export function saysTheSame(saved: string, found: string): boolean {
  const [was, is] = [saved, found].map((text) => withoutHabits(text).match(TOKEN) ?? []);
  if (was === undefined || is === undefined) return false;
  let at = 0;
  for (let i = 0; i < was.length; i += 1) {
    if (was[i] === is[at]) {
      at += 1;
      continue;
    }
    if (was[i + 1] !== '.' || !/^["\w]/.test(was[i] ?? '')) return false;
    i += 1;
  }
  return at === is.length;
}

/** Columns of foreign tables are altered ONLY there since 16, and a locale's `-true`, which says nothing, is left out. */
function withoutHabits(text: string): string {
  return text.replaceAll('ALTER FOREIGN TABLE ONLY ', 'ALTER FOREIGN TABLE ').replaceAll("-true'", "'");
}

/**
 * Whether they cannot mean the same, however a major words it: the body of a function is kept as it was written, and
 * what is not valid, or switched off, is named so by every version.
 */
export function isPlainlyOther(saved: Definition, found: Definition): boolean {
  if (/ NOT VALID$/.test(saved.text) !== / NOT VALID$/.test(found.text)) return true;
  if (switchesIn(saved) !== switchesIn(found)) return true;
  return /^(FUNCTION|PROCEDURE)$/.test(saved.type) && bodyOf(saved) !== bodyOf(found);
}

function switchesIn({ type, text }: Definition): string {
  if (!type.endsWith('TRIGGER')) return '';
  return text.match(/ (DISABLE|ENABLE ALWAYS|ENABLE REPLICA)\b/g)?.join() ?? '';
}

function bodyOf({ text }: Definition): string {
  return /\n {4}AS ['$][\s\S]*$/.exec(text)?.[0] ?? '';
}

const CAST =
  /::(?:"(?:[^"]|"")+"|character varying|double precision|timestamp with(?:out)? time zone|time with(?:out)? time zone|bit varying|[\w.]+)(?:\(\d+(?:,\d+)?\))?(?:\[\])*/g;

/**
 * Whether two texts differ in nothing but casts, parentheses and blanks. The list in a CHECK such as `status IN ('a', 'b')`
 * comes back from a restore with its casts in another place, on the same server and with the same meaning.
 */
export function sayTheSameBare(saved: string, found: string): boolean {
  const [was, is] = [saved, found].map((text) => text.replace(CAST, '').replace(/[\s()]+/g, ''));
  return was === is;
}
