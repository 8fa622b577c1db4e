import { z } from 'zod';
import { mendedRunOf } from '../../core/alerts/cause.ts';
import { reason } from '../../core/errors/index.ts';
import {
  hasRun,
  inputOf,
  type Succeeded,
  slackEventSchema,
  succeededSchema,
} from '../../core/messages/events.ts';
import { parseEvent } from '../common/event.ts';
import { logger } from '../common/telemetry.ts';
import { type Told, tell } from '../common/tell.ts';
import { type Broken, forget, takeBroken } from '../common/told-table.ts';

const eventSchema = z.union([succeededSchema, slackEventSchema]);

/**
 * What workflows, alarms and rules tell people goes to Slack (spec M2).
 * @throws SlackRefused; the workflow goes on
 */
export async function handler(event: unknown): Promise<Told> {
  const parsed = parseEvent(eventSchema, event);
  return parsed.kind === 'succeeded' ? await tellRecovery(parsed) : await tell(parsed);
}

/** A run that went well is told only where the one before it did not. */
async function tellRecovery(event: Succeeded): Promise<Told> {
  const run = hasRun(event.detail) ? mendedRunOf(event) : undefined;
  const ended = run === undefined ? undefined : await brokenUntilNow(run);
  if (run === undefined || ended === undefined) return { told: false };
  const { workflow, detail } = event;
  // before it is told: a failure right afterwards is news again
  for (const cause of ended.causes) await forget(cause).catch(warn);
  return await tell({
    kind: 'works-again',
    workflow,
    execution: {
      id: detail.executionArn,
      name: detail.name,
      startedAt: new Date(detail.startDate).toISOString(),
    },
    input: inputOf(detail),
    failures: ended.failures,
    since: ended.since.toISOString(),
  });
}

/** Without the table nobody knows whether there is anything to tell, and of every good run nobody wants to hear. */
async function brokenUntilNow(run: string): Promise<Broken | undefined> {
  return await takeBroken(run).catch(warn);
}

function warn(error: unknown): undefined {
  logger.warn('the table of what was told does not answer', { because: reason(error) });
}
