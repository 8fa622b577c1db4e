import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface NetworkProps {
  /** Where the record of connections goes. */
  readonly flowLogs: LogGroup;
}

/**
 * Where the tasks run: public subnets of a dual-stack network. No NAT gateway and no interface endpoints, which would
 * cost many times what the tasks do (spec C3); IPv6, because the direct host of a Supabase database has nothing else.
 */
export class Network extends Construct {
  /** The workflows start their tasks in it. */
  readonly vpc: ec2.IVpc;
  /** Every task carries it: nobody connects to a task. */
  readonly securityGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipProtocol: ec2.IpProtocol.DUAL_STACK,
      natGateways: 0,
      maxAzs: 2,
      subnetConfiguration: [
        // a task asks for its public address itself; nothing else that is ever put here should get one unasked
        { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
      ],
      // traffic of the backups to S3 stays within AWS, for nothing
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
      // emptying the default group takes a function of CDK's own with rights on security groups; nothing uses that group
      restrictDefaultSecurityGroup: false,
    }) as ec2.IVpc;
    this.vpc.addFlowLog('FlowLog', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(props.flowLogs),
      trafficType: ec2.FlowLogTrafficType.ALL,
    });
    this.securityGroup = new ec2.SecurityGroup(this, 'Tasks', {
      vpc: this.vpc,
      description: 'Backup tasks: nothing comes in',
      // the port of the database is part of a secret, so what goes out cannot be narrowed by port here
      allowAllOutbound: true,
      allowAllIpv6Outbound: true,
    });
  }
}
