import { Annotations, Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface AlertsProps {
  readonly environment: string;
  /** Who hears of it by e-mail; each has to confirm once. */
  readonly emails: readonly string[];
}

/** How people hear that something is wrong, without anything of ours that could itself be broken (spec M3). */
export class Alerts extends Construct {
  /** Alarms, workflows and rules publish here. */
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: AlertsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      displayName: `VideoPlanet Backup ${props.environment}`,
      enforceSSL: true,
    });
    const nobodys = props.emails.filter((email) => email.endsWith('.example'));
    if (nobodys.length > 0)
      Annotations.of(this).addInfo(
        `alerts of ${props.environment} go to ${nobodys.join(', ')}, which nobody has; set alertEmails in ` +
          'core/environments.ts before you deploy',
      );
    for (const email of props.emails) this.topic.addSubscription(new EmailSubscription(email));
    // A topic with a policy of its own has lost the default one, by which alarms were allowed to publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
  }
}
