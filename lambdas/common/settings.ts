import { EnvironmentError } from '../../core/errors/index.ts';

/**
 * The value of a variable the stack sets.
 * @throws EnvironmentError naming it and what it is for
 */
export function requireEnv(name: string, purpose: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new EnvironmentError(name, 'is not set', `the stack sets it to ${purpose}`);
  return value;
}
