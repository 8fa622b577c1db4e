/**
 * Alarms that are told by mail alone. Of executions Slack hears from the workflow, or from the rule that sees them stopped,
 * with what happened to which; of costs from the guard, with the figures; and whether Slack takes messages cannot be told
 * in Slack.
 */
export const TOLD_OTHERWISE: readonly string[] = [
  ...['Backup', 'Restore', 'Files', 'Drill'].flatMap((workflow) =>
    ['Failing', 'TimedOut', 'Aborted'].map((what) => `${workflow}/${what}`),
  ),
  'Cost/AboveCeiling',
  'Cost/Findings',
  'Slack/Failing',
];
