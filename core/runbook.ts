/** Where the runbook lies in the repository; a team that publishes it elsewhere changes this. */
export const RUNBOOK = 'docs/runbook.md';

/** Address of a heading of the runbook, as GitHub and GitLab make it. */
export function runbookLink(heading: string): string {
  const anchor = heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
  return `${RUNBOOK}#${anchor}`;
}
