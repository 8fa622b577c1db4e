import { NotTakenBackError, ProductError, reason } from '../../../core/errors/index.ts';
import { EXIT, type ExitCode } from '../../../core/names.ts';
import { redact, redactAll } from '../../../core/redact.ts';

/** What a verb hands back; it becomes the one JSON line on standard output. */
export interface Outcome {
  readonly exitCode: ExitCode;
  readonly result: Readonly<Record<string, unknown>>;
}

const WORDS: Readonly<Record<ExitCode, string>> = {
  [EXIT.verified]: 'verified',
  [EXIT.failed]: 'failed',
  [EXIT.unverified]: 'could-not-verify',
  [EXIT.badInput]: 'bad-input',
};

/** The word for how a run ended: its own, or that of its exit code. */
export function outcomeWord({ exitCode, result }: Outcome): string {
  return typeof result.outcome === 'string' ? result.outcome : WORDS[exitCode];
}

/** Writes the result as the last line of standard output, and sets the exit code. @returns that line */
export function report(verb: string, { exitCode, result }: Outcome): string {
  const line = `${JSON.stringify({ verb, outcome: WORDS[exitCode], exitCode, ...result })}\n`;
  process.stdout.write(line);
  process.exitCode = exitCode;
  return line;
}

/** The outcome of an error. What none of our classes describes is a failure of the run, under its own name. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof NotTakenBackError) {
    const { name, message } = described(error.cause);
    return {
      exitCode: EXIT.failed,
      result: redactAll({
        error: { name, message: `${message}; ${error.remains}` },
        notTakenBack: error.remains,
      }),
    };
  }
  const exitCode = error instanceof ProductError ? error.exitCode : EXIT.failed;
  return { exitCode, result: { error: described(error) } };
}

/** Goes into the log and to S3, and from there to people: what others said along the way may hold anything. */
function described(error: unknown): { name: string; message: string } {
  const { name, message } = named(error);
  return { name, message: redact(message) };
}

function named(error: unknown): { name: string; message: string } {
  if (error instanceof ProductError) return { name: error.name, message: error.message };
  const name = isDiskFull(error) ? 'DiskFullError' : 'UnexpectedError';
  const todo = isDiskFull(error) ? '; free space in TMPDIR, or point it elsewhere' : '';
  return { name, message: `${reason(error)}${todo}` };
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
