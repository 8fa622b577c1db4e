import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { estimateMonth } from '../../core/cost/estimate.ts';
import { ENVIRONMENTS } from '../../core/environments.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const cost = (...options: string[]) =>
  execa(process.execPath, ['local/cost/main.ts', ...options], { cwd: ROOT, reject: false });

describe('npm run cost', () => {
  it('shows the month line by line, its sum, the ceiling and what would save most', async () => {
    const { stdout, exitCode } = await cost('--env', 'production');
    const { totalUsd } = estimateMonth(ENVIRONMENTS.production);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /egress: rows read for critical sets, above what is included\s+│\s+[\d.]+ │ GB\s+│\s+0\.09 │/,
    );
    expect(stdout).toContain(`Total $${totalUsd.toFixed(2)}, ceiling $250.00: within the ceiling`);
    expect(stdout).toMatch(/the oldest of 20\d\d-\d\d-\d\d/);
    expect(stdout).toMatch(/^1\. \$\d+\.\d\d: critical sets every 30 minutes/m);
    expect(stdout).toMatch(/^3\. \$\d+\.\d\d: /m);
  });

  it('takes another database, and says by its exit code that it is too dear', async () => {
    const { stdout, exitCode } = await cost('--env', 'production', '--database-gb', '50');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('ABOVE the ceiling');
  });

  it('says all of it as JSON', async () => {
    const { stdout, exitCode } = await cost('--env', 'staging', '--json', '--after-months', '36');
    expect(exitCode).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer.afterMonths).toBe(36);
    expect(answer.monthlyCeilingUsd).toBe(250);
    expect(answer.levers).toBeInstanceOf(Array);
    const sum = answer.lines.reduce((total: number, line: { usd: number }) => total + line.usd, 0);
    expect(sum).toBeCloseTo(answer.totalUsd, 6);
    expect(answer.lines[0].price.source).toMatch(/^https:/);
  });

  it.each([
    [['--env', 'nowhere'], 'there is no environment "nowhere"; give one of staging, production'],
    [['--env', 'production', '--database-gb', 'much'], 'cost.workload.databaseGb'],
    [['--env', 'production', '--critical-share', '2'], 'cost.workload.criticalShare'],
    [[], '--env <name>'],
    [['--env', 'production', '--colour'], '--colour'],
  ])('refuses %j', async (options, message) => {
    const { stderr, exitCode } = await cost(...options);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});
