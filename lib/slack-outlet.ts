import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../core/environment.ts';
import { LAMBDA_ENV } from '../core/names.ts';
import { readSecretsRight } from './secret-rights.ts';

export interface SlackOutletProps {
  readonly config: Pick<EnvironmentConfig, 'name' | 'language' | 'timeZone'>;
  /** Holds the address that messages are posted to. */
  readonly webhookUrl: ISecret;
  /** Takes what Slack does not. */
  readonly topic: ITopic;
}

/** What a function needs that tells people in Slack: the address, what was told in this hour already, and the mail. */
export class SlackOutlet extends Construct {
  /** Variables of such a function, besides its own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Rights of such a function, besides its own. */
  readonly rights: readonly PolicyStatement[];

  constructor(scope: Construct, id: string, { config, webhookUrl, topic }: SlackOutletProps) {
    super(scope, id);
    const table = new Table(this, 'Told', {
      partitionKey: { name: 'cause', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(table).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason:
        'It holds counters of messages, each for some weeks. Without them everything is told, which is the safe side.',
    });
    this.environment = {
      [LAMBDA_ENV.environment]: config.name,
      [LAMBDA_ENV.language]: config.language,
      [LAMBDA_ENV.timeZone]: config.timeZone,
      [LAMBDA_ENV.slackWebhookSecret]: webhookUrl.secretArn,
      [LAMBDA_ENV.toldTable]: table.tableName,
      [LAMBDA_ENV.alertTopicArn]: topic.topicArn,
    };
    this.rights = [
      readSecretsRight('ReadWebhook', [webhookUrl]),
      new PolicyStatement({
        sid: 'CountWhatIsTold',
        actions: ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
        resources: [table.tableArn],
      }),
      new PolicyStatement({
        sid: 'MailWhatSlackRefuses',
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
      }),
    ];
  }
}
