import { setTimeout as sleep } from 'node:timers/promises';
import { IncomingWebhook } from '@slack/webhook';
import { SlackRefused } from '../../core/errors/index.ts';
import type { SlackMessage } from '../../core/messages/slack.ts';

/** How long Slack is asked. */
export interface Patience {
  /** Of one try. */
  readonly tryMs: number;
  /** Of all of them with the pauses between; the function has 55 s, and the table and the mail may need half of it. */
  readonly allMs: number;
  /** Before the second try, and before the third; Slack may ask for more. */
  readonly pausesMs: readonly number[];
}
const PATIENCE: Patience = { tryMs: 5000, allMs: 20_000, pausesMs: [1000, 3000] };

/** What is known of an answer besides its error: the client keeps no headers. */
interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
}

/**
 * Posts a message; asks again where Slack was down, busy or silent, and not where it has said no.
 * @throws SlackRefused without the address, which is the secret
 */
export async function postToSlack(
  url: string,
  message: SlackMessage,
  { tryMs, allMs, pausesMs }: Patience = PATIENCE,
): Promise<void> {
  const end = performance.now() + allMs;
  for (const pauseMs of [...pausesMs, undefined]) {
    const left = end - performance.now();
    const { error, answer } = await tryOnce(url, message, Math.max(1, Math.min(tryMs, left)));
    if (error === undefined) return;
    const wait = pauseMs === undefined ? undefined : waitAfter(answer, pauseMs);
    if (wait === undefined || performance.now() + wait >= end) throw new SlackRefused(url, error);
    await sleep(wait);
  }
}

async function tryOnce(
  url: string,
  message: SlackMessage,
  timeout: number,
): Promise<{ readonly error?: unknown; readonly answer?: Answer | undefined }> {
  let answer: Answer | undefined;
  const webhook = new IncomingWebhook(url, {
    timeout,
    fetch: async (address, init) => {
      const response = await fetch(address, init);
      answer = { status: response.status, retryAfter: response.headers.get('retry-after') };
      return response;
    },
  });
  try {
    // no preview of what is linked, and no name made a mention of
    const { text } = await webhook.send({
      text: message.text,
      blocks: [...message.blocks],
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    });
    // a page of a proxy or of another service is a 200, too, and nobody would have heard
    return text.trim() === 'ok' ? {} : { error: new Error('it answered, but not as Slack does'), answer };
  } catch (error) {
    return { error: error ?? new Error('no reason'), answer };
  }
}

/** Milliseconds until it may be asked again; nothing where it has answered for good. */
function waitAfter(answer: Answer | undefined, pauseMs: number): number | undefined {
  if (answer === undefined || answer.status >= 500) return pauseMs;
  if (answer.status !== 429) return undefined;
  const seconds = Number(answer.retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.max(pauseMs, seconds * 1000) : pauseMs;
}
