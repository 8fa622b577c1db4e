import { createServer } from 'node:http';
import { z } from 'zod';
import type { Block } from '../core/messages/blocks.ts';
import { listenHere } from './listen.ts';

/** What was posted to a webhook. */
export interface PostedMessage {
  /** What stands for it where blocks are not shown. */
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** How the channel answers one message. */
export interface SlackAnswer {
  readonly status: number;
  /** Seconds after which to ask again. */
  readonly retryAfter?: number;
  /** Takes the message and never answers. */
  readonly silent?: boolean;
  /** Is not Slack: a page that somebody else answers with. */
  readonly page?: string;
}

/** A Slack channel on this machine: what was posted to its webhook, in order. */
export interface LocalSlack {
  /** What the secret slack-webhook-url would hold. */
  readonly webhookUrl: string;
  /** Texts of the messages that it took. */
  readonly messages: readonly string[];
  /** The same messages with their blocks. */
  readonly posted: readonly PostedMessage[];
  /** How often it was asked, whatever it answered. */
  readonly asked: number;
  /** From now on answers like a Slack that is down (503), or whose webhook was removed (404); 200 takes messages again. */
  answerWith(status: number): void;
  /** The next answers, one after the other; then as before. */
  answerNext(...answers: readonly SlackAnswer[]): void;
  stop(): Promise<void>;
}

const messageSchema = z.object({
  text: z.string(),
  blocks: z.array(z.looseObject({ type: z.string() })).default([]),
});

/** Starts it; nothing leaves this machine. */
export async function startSlack(): Promise<LocalSlack> {
  const posted: PostedMessage[] = [];
  const messages: string[] = [];
  const next: SlackAnswer[] = [];
  let usual = 200;
  let asked = 0;
  const server = await listenHere(
    createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      asked += 1;
      const { status, retryAfter, silent, page } = next.shift() ?? { status: usual };
      if (silent === true) return;
      if (status === 200 && page === undefined) {
        const message = messageSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        posted.push(message as unknown as PostedMessage);
        messages.push(message.text);
      }
      response.writeHead(status, {
        'content-type': 'text/plain',
        ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      });
      response.end(page ?? (status === 200 ? 'ok' : 'no_service'));
    }),
  );
  return {
    webhookUrl: `${server.endpoint}/services/T0/B0/local`,
    messages,
    posted,
    get asked() {
      return asked;
    },
    answerWith: (status) => {
      usual = status;
    },
    answerNext: (...answers) => {
      next.push(...answers);
    },
    stop: server.stop,
  };
}
