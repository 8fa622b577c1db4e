import { createHash } from 'node:crypto';
import { isKind } from '../kinds.ts';
import { type CostEvent, standingOf } from '../messages/cost.ts';
import { backupOf, inputOf, type SlackEvent, type Succeeded } from '../messages/events.ts';
import { WORKFLOW_ERROR } from '../names.ts';

/**
 * What a message is about, however often it comes: one an hour is enough. Not the execution, for a storm is many of them.
 * @returns nothing for what is never folded: each answer to a person, each execution that somebody waits for, each recovery
 */
export function causeOf(event: SlackEvent): string | undefined {
  switch (event.kind) {
    case 'failed':
      return runOf(event) === undefined ? undefined : `failed/${runOf(event)}/${event.explained.error}`;
    case 'stopped':
      return runOf(event) === undefined ? undefined : `stopped/${runOf(event)}/${event.detail.status}`;
    case 'alarm':
      return event.detail.state.value === 'ALARM' ? alarmCause(event.detail.alarmName) : undefined;
    case 'cost':
      return `cost/${fingerprint(event)}`;
    default:
      return undefined;
  }
}

/** Of an alarm that is on; one that is over ends it, so that it is told at once when it goes on again. */
export function alarmCause(alarm: string): string {
  return `alarm/${alarm}`;
}

/** The hour in which one message of a cause is sent, as UTC: `2026-11-28T02`. */
export function hourOf(now: Date): string {
  return now.toISOString().slice(0, 13);
}

/**
 * What is broken while runs fail, and works again with the first that does not: backups of one kind, or the copying of
 * files. Nothing for a run that did nothing because it was asked for something wrong.
 */
export function brokenRunOf(event: SlackEvent): string | undefined {
  if (event.kind === 'failed' && event.explained.error !== WORKFLOW_ERROR.inputInvalid) return runOf(event);
  return event.kind === 'stopped' ? runOf(event) : undefined;
}

/** What a run that went well may have ended. */
export function mendedRunOf(event: Succeeded): string | undefined {
  return runOf(event);
}

function runOf(event: Extract<SlackEvent, { kind: 'failed' | 'stopped' }> | Succeeded): string | undefined {
  if (event.workflow === 'files') return 'files';
  if (event.workflow !== 'backup') return undefined;
  const kind = backupOf(event.kind === 'failed' ? event.input : inputOf(event.detail))?.kind ?? '';
  return `backup/${isKind(kind) ? kind : 'unknown'}`;
}

/** Other findings are another cause, and so is a month that has become worse. */
function fingerprint(event: CostEvent): string {
  const findings = event.findings.map(({ what }) => what).sort();
  const said = JSON.stringify([event.month, standingOf(event), event.drillsOff, findings]);
  return createHash('sha256').update(said).digest('hex');
}
