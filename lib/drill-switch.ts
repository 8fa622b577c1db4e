import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { UNTOUCHED } from '../core/drill/switch.ts';

export interface DrillSwitchProps {
  readonly environment: string;
}

/**
 * Says whether drills are off for a month (spec C2). The cost guard and operators write it, the first step of a drill reads
 * it, and nothing else goes by it: backups do not know that it is there.
 */
export class DrillSwitch extends Construct {
  /** The runbook writes to it by this name. */
  readonly parameter: StringParameter;
  readonly #arn: string;

  constructor(scope: Construct, id: string, props: DrillSwitchProps) {
    super(scope, id);
    const name = `videoplanet-backup/${props.environment}/drills`;
    this.parameter = new StringParameter(this, 'Parameter', {
      parameterName: `/${name}`,
      description:
        'VideoPlanet Backup: whether drills are off for a month of the bill; runbook, heading Cost',
      stringValue: UNTOUCHED,
    });
    this.#arn = Stack.of(this).formatArn({ service: 'ssm', resource: 'parameter', resourceName: name });
  }

  readRight(): PolicyStatement {
    return this.right('ReadDrillSwitch', ['ssm:GetParameter']);
  }

  writeRight(): PolicyStatement {
    return this.right('KeepDrillSwitch', ['ssm:GetParameter', 'ssm:PutParameter']);
  }

  private right(sid: string, actions: string[]): PolicyStatement {
    return new PolicyStatement({ sid, actions, resources: [this.#arn] });
  }
}
