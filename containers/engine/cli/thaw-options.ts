import { type Command, InvalidArgumentError, Option } from 'commander';
import { TIERS } from '../../../core/thaw.ts';
import { listOfNames } from './restore-options.ts';

/** S3 takes more, but a copy nobody needs for longer than that is a bill. */
const MOST_DAYS = 365;

/** Options of `thaw`. */
export function thawOptions(verb: Command): Command {
  return verb
    .argument('<id>', 'a set id, or latest')
    .addOption(
      new Option('--tables <names>', 'only what restoring these takes, with commas').argParser(listOfNames),
    )
    .addOption(new Option('--tier <tier>', 'how fast, at what price').choices([...TIERS]).default('standard'))
    .addOption(
      new Option('--days <n>', 'how long the copies live; 3, or longer than a run may take').argParser(days),
    )
    .option('--wait', 'look again until all can be read, or the time of the run is over')
    .option('--plan', 'say how things stand, what it takes and costs, and ask for nothing');
}

function days(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MOST_DAYS) return number;
  throw new InvalidArgumentError(`${text} is no number of days; expected a whole one from 1 to ${MOST_DAYS}`);
}
