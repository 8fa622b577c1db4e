import { Aws, Tags } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { CfnAnomalyMonitor, CfnAnomalySubscription } from 'aws-cdk-lib/aws-ce';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct, type IConstruct } from 'constructs';
import type { CostScope } from '../core/cost/config.ts';
import type { GuardSettings } from '../core/cost/guard-settings.ts';
import type { EnvironmentConfig } from '../core/environment.ts';

export interface CostBudgetProps {
  readonly config: Pick<EnvironmentConfig, 'name' | 'cost'>;
  readonly topic: Topic;
}

/** Per cent of the ceiling that are told of. Each is told once a month. */
const SPENT = [50, 80, 100];
/** An anomaly is told of from this part of the ceiling on. */
const ANOMALY_SHARE = 0.1;
const LEAST_ANOMALY_USD = 5;

/**
 * What AWS watches by itself, for nothing, eight to twenty-four hours late: a second pair of eyes that does not depend on any
 * function of ours.
 */
export class CostBudget extends Construct {
  constructor(scope: Construct, id: string, { config, topic }: CostBudgetProps) {
    super(scope, id);
    const { budget, anomalyMonitor } = config.cost;
    if (budget.enabled) this.budget(config, topic);
    if (anomalyMonitor) this.anomalies(config, topic);
  }

  private budget({ name, cost }: CostBudgetProps['config'], topic: Topic): void {
    letPublish(topic, 'BudgetsOfThisAccount', 'budgets.amazonaws.com');
    const told = (notificationType: string, threshold: number) => ({
      notification: {
        notificationType,
        threshold,
        thresholdType: 'PERCENTAGE',
        comparisonOperator: 'GREATER_THAN',
      },
      subscribers: [{ subscriptionType: 'SNS', address: topic.topicArn }],
    });
    const budget = new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: `videoplanet-backup-${name}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: cost.monthlyCeilingUsd, unit: 'USD' },
        // what use costs, as the ceiling means it: tax comes on top, and credit hides what is coming
        costTypes: { includeTax: false, includeCredit: false, includeRefund: false },
        ...filterOf(guardScope(name, cost.budget.scope)),
      },
      notificationsWithSubscribers: [
        ...SPENT.map((percent) => told('ACTUAL', percent)),
        told('FORECASTED', 100),
      ],
    });
    // it may only be told to publish once the topic's policy lets it
    budget.node.addDependency(topic);
  }

  private anomalies({ name, cost }: CostBudgetProps['config'], topic: Topic): void {
    letPublish(topic, 'AnomaliesOfThisAccount', 'costalerts.amazonaws.com');
    const monitor = new CfnAnomalyMonitor(this, 'AnomalyMonitor', {
      monitorName: `videoplanet-backup-${name}`,
      monitorType: 'DIMENSIONAL',
      monitorDimension: 'SERVICE',
    });
    const least = Math.max(LEAST_ANOMALY_USD, Math.round(ANOMALY_SHARE * cost.monthlyCeilingUsd));
    const subscription = new CfnAnomalySubscription(this, 'AnomalySubscription', {
      subscriptionName: `videoplanet-backup-${name}`,
      // only a topic is told at once
      frequency: 'IMMEDIATE',
      monitorArnList: [monitor.attrMonitorArn],
      subscribers: [{ type: 'SNS', address: topic.topicArn }],
      thresholdExpression: JSON.stringify({
        Dimensions: {
          Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE',
          MatchOptions: ['GREATER_THAN_OR_EQUAL'],
          Values: [String(least)],
        },
      }),
    });
    subscription.node.addDependency(topic);
  }
}

/** What is counted, as the guard is told of it; budget and guard count the same. */
export function guardScope(environment: string, scope: CostScope): GuardSettings['scope'] {
  return scope === 'account' ? 'account' : { tag: scope.tag, value: `videoplanet-backup-${environment}` };
}

/** Gives everything below the tag by which its costs are told apart; nothing where the whole account is counted. */
export function tagCosts(below: IConstruct, { name, cost }: CostBudgetProps['config']): void {
  const scope = guardScope(name, cost.budget.scope);
  if (scope !== 'account') Tags.of(below).add(scope.tag, scope.value);
}

function filterOf(scope: GuardSettings['scope']): { costFilters?: { TagKeyValue: string[] } } {
  return scope === 'account' ? {} : { costFilters: { TagKeyValue: [`user:${scope.tag}$${scope.value}`] } };
}

function letPublish(topic: Topic, sid: string, service: string): void {
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid,
      principals: [new ServicePrincipal(service)],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
}
