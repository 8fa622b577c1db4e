import Table from 'cli-table3';
import type { CostEstimate } from '../../core/cost/estimate.ts';
import { estimateMonth } from '../../core/cost/estimate.ts';
import { levers } from '../../core/cost/levers.ts';
import type { EnvironmentConfig } from '../../core/environment.ts';

const MONTHS_SHOWN = [1, 12, 36];
/** What is less than half a cent is no line of the table; its sum is. */
const SMALLEST_USD = 0.005;

/** The estimate of a month as somebody reads it: lines, sum, ceiling, what the sum becomes, and what would lower it. */
export function costText(environment: EnvironmentConfig): string {
  const estimate = estimateMonth(environment);
  const { monthlyCeilingUsd } = environment.cost;
  const verdict =
    estimate.totalUsd > monthlyCeilingUsd
      ? 'ABOVE the ceiling: cdk refuses to deploy this'
      : 'within the ceiling';
  return [
    `Environment ${environment.name}, ${estimate.region}: month ${estimate.afterMonths} after the first set, in US dollars`,
    `by list prices (the oldest of ${estimate.pricesOf}), without tax, discount or free tier`,
    tableOf(estimate),
    `Total $${usd(estimate.totalUsd)}, ceiling $${usd(monthlyCeilingUsd)}: ${verdict}`,
    `As the archive fills up: ${overTime(environment)}`,
    '',
    ...leversText(environment),
    ...(estimate.assumptions.length === 0
      ? []
      : ['', 'Not known for certain:', ...estimate.assumptions.map((text) => `- ${text}`)]),
  ].join('\n');
}

function tableOf({ lines }: CostEstimate): string {
  const table = new Table({
    head: ['', 'what', 'quantity', 'unit', 'each $', '$ a month'],
    colAligns: ['left', 'left', 'right', 'left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const shown = lines.filter((line) => line.usd >= SMALLEST_USD);
  let group = '';
  for (const { group: own, what, quantity, price, usd: sum } of shown) {
    table.push([own === group ? '' : own, what, figure(quantity), price.unit, String(price.usd), usd(sum)]);
    group = own;
  }
  const rest = lines.filter((line) => line.usd < SMALLEST_USD);
  if (rest.length > 0)
    table.push([
      '',
      `${rest.length} lines below half a cent`,
      '',
      '',
      '',
      usd(rest.reduce((sum, line) => sum + line.usd, 0)),
    ]);
  return table.toString();
}

function overTime(environment: EnvironmentConfig): string {
  const full = Math.ceil(environment.policy.retention.weekly.keepDays / 30);
  return [...MONTHS_SHOWN.filter((month) => month < full), full]
    .map((month) => {
      const { totalUsd } = estimateMonth(environment, environment.cost.workload, month);
      return `month ${month}: $${usd(totalUsd)}`;
    })
    .join(', ');
}

function leversText(environment: EnvironmentConfig): string[] {
  const found = levers(environment);
  if (found.length === 0) return ['Nothing that this knows of would make it cheaper.'];
  return [
    'What would save most, each by itself:',
    ...found.map(({ change, savesUsd }, i) => `${i + 1}. $${usd(savesUsd)}: ${change}`),
  ];
}

function figure(quantity: number): string {
  return Number(quantity.toPrecision(4)).toString();
}

function usd(amount: number): string {
  return amount.toFixed(2);
}
