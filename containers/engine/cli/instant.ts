import { InvalidArgumentError } from 'commander';

/** commander wants its own error for a value it must refuse. */
export function instant(parse: (text: string) => Date): (text: string) => Date {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}
