import { FaultError } from './base.ts';

/** The cost guard has done what it could, and something could not be looked at, switched or told. */
export class CostGuardIncomplete extends FaultError {
  override readonly name = 'CostGuardIncomplete';
  constructor(problems: readonly string[]) {
    super(
      `the cost guard did all but this: ${problems.join('; ')}; expected to look at everything: see its log, and the ` +
        'heading Cost/GuardFailing of the runbook',
    );
  }
}

/** Cost Explorer's answer cannot be: nothing is made of it rather than something wrong. */
export class CostAnswerImplausible extends FaultError {
  override readonly name = 'CostAnswerImplausible';
  constructor(problem: string) {
    super(
      `Cost Explorer answered ${problem}, expected an amount of US dollars for each day and service; look at Cost Explorer ` +
        'in the console, for the guard makes nothing of it',
    );
  }
}
