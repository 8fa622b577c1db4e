import picomatch from 'picomatch';
import { UsageError } from '../errors/index.ts';

/**
 * Says which files are left out. A pattern is matched against the name inside the bucket, of every bucket alike, in full and
 * with upper and lower case told apart:
 * - without a slash it is about the last part of the name, however deep: `*.tmp` leaves out `a.tmp` and `x/y/b.tmp`, and
 *   `.tmp` too;
 * - with a slash it is about the whole name, from the top of the bucket, and a `*` at the very end takes everything below:
 *   `cache/*` leaves out `cache/a` and `cache/x/y`, but neither `mycache/a` nor `app/cache/a`; `**` + `/cache/*` takes those
 *   of any depth;
 * - `*` in other places stays within one folder, `**` does not, `?` and `[ab]` are one character, `{a,b}` one of two;
 *   a backslash takes the character behind it as it is: `copy \(1\).txt`.
 * A folder that is kept by a placeholder (`x/.emptyFolderPlaceholder`) counts as any other file.
 */
export function excluder(patterns: readonly string[]): (name: string) => boolean {
  const matchers = patterns.map(matcherOf);
  return (name) => matchers.some((matches) => matches(name));
}

function matcherOf(pattern: string): (name: string) => boolean {
  const deep = pattern.includes('/') && /(^|\/)\*$/.test(pattern);
  const whole = deep ? `${pattern}*` : pattern;
  // a leading slash would be a folder without a name, which nobody means
  const matches = compiled(whole.replace(/^\//, ''), pattern);
  if (pattern.includes('/')) return matches;
  return (name) => matches(name.slice(name.lastIndexOf('/') + 1));
}

function compiled(glob: string, pattern: string): (name: string) => boolean {
  try {
    const regex = picomatch.makeRe(glob, { dot: true, nonegate: true, strictSlashes: true });
    return (name) => regex.test(name);
  } catch (error) {
    throw new UsageError(
      `the pattern ${pattern} in files.exclude cannot be used (${error instanceof Error ? error.message : error})`,
    );
  }
}
