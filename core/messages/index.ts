import type { Language } from '../environment.ts';
import { en } from './en.ts';
import { ko } from './ko.ts';
import type { Messages } from './messages.ts';

const ALL: Readonly<Record<Language, Messages>> = { en, ko };

/** The texts of a language. */
export function messagesOf(language: Language): Messages {
  return ALL[language];
}
