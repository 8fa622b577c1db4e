import { expect } from 'vitest';

/** The message of an error of that class, which the call must throw. */
export function refusalOf(call: () => unknown, errorClass: new (...args: never[]) => Error): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(errorClass);
    return (error as Error).message;
  }
  throw new Error(`nothing was refused, expected ${errorClass.name}`);
}
