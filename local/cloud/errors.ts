/** The template says something that this machine cannot make true. */
export class CloudCannot extends Error {
  override readonly name = 'CloudCannot';

  /**
   * @param where stack and logical id, or what else finds the place
   * @param got what stands there, and what was expected
   * @param todo what to do about it
   */
  constructor(where: string, got: string, todo: string, cause?: unknown) {
    super(`${where}: ${got}; ${todo}`, cause === undefined ? undefined : { cause });
  }
}

/** A reference in a template that leads to no value. */
export class UnresolvableReference extends Error {
  override readonly name = 'UnresolvableReference';

  constructor(stack: string, expression: unknown, why: string) {
    super(
      `${stack}: cannot resolve ${JSON.stringify(expression)}: ${why}. Correct the reference, or teach local/cloud what it stands for`,
    );
  }
}

/**
 * An error of a service as a state machine sees it: `name` is what Retry and Catch compare, `message` becomes the Cause.
 */
export class ServiceError extends Error {
  override readonly name: string;

  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}
