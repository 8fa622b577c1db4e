import { styleText } from 'node:util';

const MARK = { step: '▸', good: '✔', bad: '✘' } as const;
const HEADLINE_WIDTH = 78;

/** What the demo tells the person who watches. */
export const story = {
  title(text: string): void {
    print(`\n${styleText('bold', text)}\n${'─'.repeat(HEADLINE_WIDTH)}`);
  },
  /** Says what is being done, does it, says how long it took. */
  async step<T>(what: string, work: () => Promise<T>, result?: (value: T) => string): Promise<T> {
    print(`${styleText('cyan', MARK.step)} ${what}`);
    const started = performance.now();
    const value = await work();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    print(
      `  ${styleText('green', MARK.good)} ${result === undefined ? 'done' : result(value)} ${styleText('dim', `${seconds} s`)}`,
    );
    return value;
  },
  bad(text: string): void {
    print(`  ${styleText('red', MARK.bad)} ${text}`);
  },
  plain(text: string): void {
    print(text);
  },
};

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `12.3 MB` */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
