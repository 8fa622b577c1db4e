import { styleText } from 'node:util';
import type { Block } from '../core/messages/blocks.ts';
import type { PostedMessage } from './slack.ts';

/** Emoji of our messages, as a terminal has them. */
const EMOJI: Readonly<Record<string, string>> = {
  rotating_light: '🚨',
  octagonal_sign: '🛑',
  white_check_mark: '✅',
  arrow_forward: '▶️',
  snowflake: '❄️',
  clipboard: '📋',
  warning: '⚠️',
  money_with_wings: '💸',
  moneybag: '💰',
};

/** A message about as Slack shows it, line by line. */
export function viewOf({ blocks, text }: PostedMessage): string[] {
  if (blocks.length === 0) return readable(text).split('\n');
  return blocks.flatMap((block) => viewOfBlock(block).split('\n'));
}

function viewOfBlock(block: Block): string {
  switch (block.type) {
    case 'header':
      return styleText('bold', readable(block.text.text));
    case 'section':
      return [...(block.text === undefined ? [] : [block.text]), ...(block.fields ?? [])]
        .map(({ text }) => (block.fields === undefined ? readable(text) : readable(text).replace('\n', ': ')))
        .join(block.fields === undefined ? '\n' : '   ');
    case 'context':
      return styleText(
        'dim',
        block.elements.map((each) => ('text' in each ? readable(each.text) : '')).join('\n'),
      );
  }
}

/** Emoji, links and marks as a person sees them. */
function readable(text: string): string {
  return text
    .replace(/:([a-z_]+):/g, (code, name: string) => EMOJI[name] ?? code)
    .replace(
      /<(https?:[^|>]+)\|([^>]+)>/g,
      (_, url: string, name: string) => `${styleText('underline', name)} ${styleText('dim', hostOf(url))}`,
    )
    .replaceAll('```', '')
    .replace(
      /(^|\n)\*([^*\n]+)\*/g,
      (_, before: string, bold: string) => `${before}${styleText('bold', bold)}`,
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** An address of the console fills a screen. */
function hostOf(url: string): string {
  return URL.canParse(url) ? `(${new URL(url).hostname})` : url;
}
