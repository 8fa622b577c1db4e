import { EXIT, type ExitCode } from '../names.ts';

/**
 * Every error the product throws on purpose. `name` is the error name that Step Functions and alarms match;
 * `message` says what was got, what was expected and what to do, and never holds a secret.
 */
export abstract class ProductError extends Error {
  abstract readonly exitCode: ExitCode;
}

/** The caller's input or configuration is wrong; nothing was read or written (exit 3). */
export abstract class InputError extends ProductError {
  readonly exitCode = EXIT.badInput;
}

/** Something broke while working; what was begun was taken back (exit 1). */
export abstract class FaultError extends ProductError {
  readonly exitCode = EXIT.failed;
}
