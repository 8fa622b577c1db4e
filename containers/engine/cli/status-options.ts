import { type Command, Option } from 'commander';
import type { Language } from '../../../core/environment.ts';
import { STATUS_LANGUAGES, type StatusRequest } from '../status/verb.ts';

interface Given {
  env?: string;
  language: Language;
}

/** Options of `status`. */
export function statusOptions(verb: Command): Command {
  return verb
    .option(
      '--env <name>',
      "an environment of core/environments.ts, whose limits count; without it the strategy's, for the kinds there are",
    )
    .addOption(
      new Option('--language <language>', 'the language of what is found')
        .choices([...STATUS_LANGUAGES])
        .default('en'),
    );
}

export function statusRequestOf({ env, language }: Given): StatusRequest {
  return { environment: env, language };
}
