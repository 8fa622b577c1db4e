import { SingleBar } from 'cli-progress';
import { destination, type Logger, pino } from 'pino';
import { EnvironmentError } from '../../../core/errors/index.ts';
import { redactAll } from '../../../core/redact.ts';

/** What a run tells the person or the log that watches it; all of it on standard error. */
export interface Reporter {
  /** One line of a log: a short constant text, the facts as fields. Never a secret. */
  notice(text: string, fields?: Record<string, unknown>): void;
  warn(text: string, fields?: Record<string, unknown>): void;
  /** Times a phase; its wall seconds are kept under the name. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Begins a bar over so many bytes, of so many tables. */
  begin(totalBytes: number, tables: number): void;
  advance(bytes: number): void;
  tableDone(): void;
  /** Ends the bar. */
  end(): void;
  readonly timings: Record<string, number>;
}

const MB = 1e6;
const BAR_WIDTH = 28;
/** Without a terminal, a line about progress this often. */
const LOG_EVERY_MS = 10_000;

const LEVELS = [...Object.keys(pino.levels.values), 'silent'];

/** @throws EnvironmentError when LOG_LEVEL names none */
function logLevel(): string {
  const named = process.env.LOG_LEVEL?.trim().toLowerCase() ?? '';
  if (named === '') return 'info';
  if (LEVELS.includes(named)) return named;
  throw new EnvironmentError('LOG_LEVEL', `is ${named}`, `expected ${LEVELS.join(', ')}`);
}

/** Lines to standard error; a reader that went away, or a full disk behind it, is no reason to end a run. */
function logDestination() {
  const lines = destination({ fd: 2, sync: true });
  lines.on('error', () => undefined);
  return lines;
}

/**
 * A bar where standard error is a terminal, JSON lines elsewhere.
 * @throws EnvironmentError when LOG_LEVEL is none
 */
export function createReporter(verb: string): Reporter {
  const terminal = process.stderr.isTTY === true;
  const logger = pino({ base: { verb }, level: logLevel() }, logDestination());
  const state = new ProgressState(terminal, logger);
  const say =
    (level: 'info' | 'warn') =>
    (text: string, given: Record<string, unknown> = {}) => {
      const fields = redactAll(given);
      if (!terminal) logger[level](fields, text);
      else state.print(`${level === 'warn' ? '! ' : '  '}${text}${describe(fields)}\n`);
    };
  const timings: Record<string, number> = {};
  return {
    notice: say('info'),
    warn: say('warn'),
    timings,
    phase: async (name, work) => {
      const started = performance.now();
      try {
        return await work();
      } finally {
        timings[name] = Math.round(performance.now() - started) / 1000;
      }
    },
    begin: (totalBytes, tables) => state.begin(totalBytes, tables),
    advance: (bytes) => state.advance(bytes),
    tableDone: () => state.tableDone(),
    end: () => state.end(),
  };
}

class ProgressState {
  readonly #terminal: boolean;
  readonly #logger: Logger;
  #bar: SingleBar | undefined;
  #bytes = 0;
  #total = 0;
  #tables = 0;
  #tablesTotal = 0;
  #started = 0;
  #lastLog = 0;

  constructor(terminal: boolean, logger: Logger) {
    this.#terminal = terminal;
    this.#logger = logger;
  }

  begin(totalBytes: number, tables: number): void {
    this.#bytes = 0;
    this.#tables = 0;
    this.#total = Math.max(totalBytes, 1);
    this.#tablesTotal = tables;
    this.#started = this.#lastLog = performance.now();
    if (!this.#terminal) return;
    const format = '  {bar} {percentage}% | {tables} tables | {mb} MB | {rate} MB/s | ETA {eta_formatted}';
    this.#bar = new SingleBar({
      format,
      barsize: BAR_WIDTH,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 100,
    });
    this.#bar.start(this.#total, 0, this.#payload());
  }

  advance(bytes: number): void {
    this.#bytes += bytes;
    const now = performance.now();
    if (this.#bar !== undefined) this.#bar.update(Math.min(this.#bytes, this.#total), this.#payload());
    else if (!this.#terminal && now - this.#lastLog > LOG_EVERY_MS) {
      this.#lastLog = now;
      this.#logger.info({ bytes: this.#bytes, expectedBytes: this.#total, ...this.#payload() }, 'progress');
    }
  }

  tableDone(): void {
    this.#tables += 1;
    this.#bar?.update(this.#payload());
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  /** A line above the bar: the bar draws itself again with the next step. */
  print(line: string): void {
    if (this.#bar !== undefined) process.stderr.write('\r\u001b[K');
    process.stderr.write(line);
  }

  #payload(): Record<string, string> {
    const seconds = Math.max((performance.now() - this.#started) / 1000, 0.001);
    return {
      tables: `${this.#tables}/${this.#tablesTotal}`,
      mb: (this.#bytes / MB).toFixed(0),
      rate: (this.#bytes / MB / seconds).toFixed(0),
    };
  }
}

function describe(fields: Record<string, unknown>): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
