import { CHECK_IDS, type Check, type CheckId, type TableFinding } from '../../../core/drill/report.ts';
import { couldNotVerify, failuresOf, notRunOf, unprovedOf, verdictOf } from '../../../core/drill/verdict.ts';

/** What the checks of one drill have found so far. */
export class DrillRecord {
  readonly #checks = new Map<CheckId, Check>();
  tables: TableFinding[] = [];

  add(...checks: readonly Check[]): void {
    for (const check of checks) this.#checks.set(check.id, check);
  }

  get(id: CheckId): Check | undefined {
    return this.#checks.get(id);
  }

  /** Whatever has not been looked at by now was to be: says why it was not. */
  close(why: string, ids: readonly CheckId[] = CHECK_IDS): void {
    for (const id of ids) if (!this.#checks.has(id)) this.add(couldNotVerify(id, why));
  }

  /** In the order of the report. */
  get checks(): Check[] {
    return CHECK_IDS.flatMap((id) => this.#checks.get(id) ?? []);
  }

  get verdict() {
    return verdictOf(this.checks);
  }

  get notVerified(): string[] {
    return unprovedOf(this.checks);
  }

  get notRun(): string[] {
    return notRunOf(this.checks);
  }

  /** Everything that is wrong, by name. */
  get failures(): string[] {
    return failuresOf(this.checks);
  }
}
