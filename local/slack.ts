import { z } from 'zod';
import { serve } from './cloud/http.ts';

/** A Slack channel on this machine: what was posted to its webhook, in order. */
export interface LocalSlack {
  /** What the secret slack-webhook-url would hold. */
  readonly webhookUrl: string;
  readonly messages: readonly string[];
  /** From now on answers like a Slack that is down (503), or whose webhook was removed (404); 200 takes messages again. */
  answerWith(status: number): void;
  stop(): Promise<void>;
}

const messageSchema = z.object({ text: z.string() });

/** Starts it; nothing leaves this machine. */
export async function startSlack(): Promise<LocalSlack> {
  const messages: string[] = [];
  let status = 200;
  const server = await serve((body) => {
    if (status !== 200) return { status, body: 'no_service' };
    messages.push(messageSchema.parse(JSON.parse(body)).text);
    return { status, body: 'ok' };
  });
  return {
    webhookUrl: `${server.endpoint}/services/T0/B0/local`,
    messages,
    answerWith: (code) => {
      status = code;
    },
    stop: server.stop,
  };
}
