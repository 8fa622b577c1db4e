import { slackEventSchema } from '../../core/messages/slack.ts';
import { parseEvent } from '../common/event.ts';
import { tell } from '../common/tell.ts';

/** What workflows tell people goes to Slack (spec M2). @throws SlackRefused; the workflow goes on */
export async function handler(event: unknown): Promise<{ readonly told: boolean }> {
  return await tell(parseEvent(slackEventSchema, event));
}
