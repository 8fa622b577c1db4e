import type { Phase } from '../../../core/drill/report.ts';
import type { Reporter } from '../progress/reporter.ts';

/** When each part of a drill began, and how long it took. */
export class Timeline {
  readonly phases: Phase[] = [];
  readonly #start: number;

  /** @param began when whoever asked for the drill began: what it took to get here counts as well */
  constructor(began?: Date) {
    const before = began === undefined ? 0 : Math.max(0, Date.now() - began.getTime());
    this.#start = performance.now() - before;
    if (before > 0) this.phases.push({ name: 'prepare', begins: 0, seconds: seconds(before) });
  }

  /** Seconds since the drill began. */
  get elapsed(): number {
    return seconds(performance.now() - this.#start);
  }

  /** Times a part, also one that fails. */
  async phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.phases.push({
        name,
        begins: seconds(began - this.#start),
        seconds: seconds(performance.now() - began),
      });
    }
  }

  /** A reporter whose phases come into this timeline as well. */
  watch(reporter: Reporter): Reporter {
    return { ...reporter, phase: (name, work) => this.phase(name, () => reporter.phase(name, work)) };
  }
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
