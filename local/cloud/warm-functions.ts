import { randomUUID } from 'node:crypto';
import { contextOf, entryOf, type Invoke, type LambdaFunction, payloadOf, startHost } from './lambda.ts';
import type { Program, ProgramEnd } from './program.ts';

/** Functions whose processes are kept for the next event. */
export interface WarmFunctions {
  readonly invoke: Invoke;
  stop(): Promise<void>;
}

/** What one call of a function came to, and what the process printed meanwhile. */
interface Call {
  readonly answer: unknown;
  readonly end: ProgramEnd;
}

/**
 * Invokes functions as Lambda does it: an instance that has answered takes the next event of its function, and a call that
 * finds none idle starts another. A hundred calls cost one start. What a handler left in its module is there the next time,
 * as it is in the cloud.
 */
export function warmFunctions(): WarmFunctions {
  const idle = new Map<string, Instance[]>();
  const all = new Set<Instance>();
  const take = (target: LambdaFunction, cloudEnv: Readonly<Record<string, string>>): Instance => {
    const waiting = idle.get(target.name)?.pop();
    if (waiting?.program.child.connected) return waiting;
    const started = new Instance(startHost(target, cloudEnv));
    all.add(started);
    return started;
  };
  return {
    async invoke(target, event, cloudEnv, onEnd, signal) {
      const instance = take(target, cloudEnv);
      const kill = () => void instance.program.stop(0);
      signal.addEventListener('abort', kill, { once: true });
      const overdue = setTimeout(kill, target.timeoutSeconds * 1000);
      const { answer, end } = await instance.call({
        ...entryOf(target),
        event,
        context: contextOf(target),
      });
      clearTimeout(overdue);
      signal.removeEventListener('abort', kill);
      if (answer === undefined) all.delete(instance);
      else idle.set(target.name, [...(idle.get(target.name) ?? []), instance]);
      onEnd(end);
      return payloadOf(target, answer, end);
    },
    async stop() {
      await Promise.all([...all].map(({ program }) => program.stop(0)));
    },
  };
}

/** A process that runs one handler again and again, one event at a time. */
class Instance {
  readonly program: Program;
  readonly #printed = { stdout: '', stderr: '' };
  #look: () => void = () => undefined;

  constructor(program: Program) {
    this.program = program;
    for (const stream of ['stdout', 'stderr'] as const) {
      program.child[stream]?.on('data', (text: string) => {
        this.#printed[stream] += text;
        this.#look();
      });
    }
  }

  /** Settles when the handler has answered and all it printed has come through, or when the process is gone. */
  async call(message: object): Promise<Call> {
    const endMark = `end of ${randomUUID()}`;
    let answer: unknown;
    const answered = new Promise<void>((resolve) => {
      this.#look = () => {
        const marked = Object.values(this.#printed).every((text) => text.endsWith(`${endMark}\n`));
        if (marked && answer !== undefined) resolve();
      };
    });
    this.program.child.once('message', (said) => {
      answer = said;
      this.#look();
    });
    this.program.child.send({ ...message, endMark });
    const gone = await Promise.race([answered, this.program.end]);
    if (gone !== undefined) return { answer: undefined, end: gone };
    const take = (stream: 'stdout' | 'stderr') => {
      const text = this.#printed[stream].slice(0, -`${endMark}\n`.length);
      this.#printed[stream] = '';
      return text;
    };
    return { answer, end: { exitCode: 0, signal: null, stdout: take('stdout'), stderr: take('stderr') } };
  }
}
