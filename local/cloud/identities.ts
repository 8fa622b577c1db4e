import type { Stack } from './assembly.ts';
import type { Identity } from './resolve.ts';

/** The account the emulator plays. */
export const ACCOUNT = '123456789012';

interface Named {
  readonly name: string;
  /** The ARN of something of a service here: `arn('lambda', 'function:x')`. */
  arn(service: string, resource: string): string;
}

/** What CloudFormation gives for `Ref` and `Fn::GetAtt`; of the attributes, those this project's templates use. */
const SHAPES: Readonly<Record<string, (named: Named) => Identity>> = {
  'AWS::S3::Bucket': ({ name }) => ({
    ref: name,
    attributes: { Arn: `arn:aws:s3:::${name}` },
  }),
  'AWS::SNS::Topic': byArn('sns', (name) => name, 'TopicArn', 'TopicName'),
  'AWS::SQS::Queue': ({ name, arn }) => ({
    ref: `https://sqs.amazonaws.com/${ACCOUNT}/${name}`,
    attributes: { Arn: arn('sqs', name), QueueName: name },
  }),
  'AWS::DynamoDB::Table': ({ name, arn }) => ({
    ref: name,
    attributes: { Arn: arn('dynamodb', `table/${name}`) },
  }),
  'AWS::Lambda::Function': ({ name, arn }) => ({
    ref: name,
    attributes: { Arn: arn('lambda', `function:${name}`) },
  }),
  'AWS::StepFunctions::StateMachine': byArn('states', (name) => `stateMachine:${name}`, 'Arn', 'Name'),
  'AWS::ECS::Cluster': ({ name, arn }) => ({ ref: name, attributes: { Arn: arn('ecs', `cluster/${name}`) } }),
  'AWS::ECS::TaskDefinition': byArn(
    'ecs',
    (name) => `task-definition/${name}:1`,
    'TaskDefinitionArn',
    'Family',
  ),
  'AWS::IAM::Role': ({ name }) => ({
    ref: name,
    attributes: { Arn: `arn:aws:iam::${ACCOUNT}:role/${name}`, RoleId: name },
  }),
  'AWS::Logs::LogGroup': ({ name, arn }) => ({
    ref: name,
    attributes: { Arn: `${arn('logs', `log-group:${name}`)}:*` },
  }),
  'AWS::SSM::Parameter': ({ name }) => ({ ref: name, attributes: { Type: 'String' } }),
  'AWS::Events::Rule': ({ name, arn }) => ({ ref: name, attributes: { Arn: arn('events', `rule/${name}`) } }),
  'AWS::CloudWatch::Alarm': ({ name, arn }) => ({
    ref: name,
    attributes: { Arn: arn('cloudwatch', `alarm:${name}`) },
  }),
  'AWS::Scheduler::ScheduleGroup': ({ name, arn }) => ({
    ref: name,
    attributes: { Arn: arn('scheduler', `schedule-group/${name}`) },
  }),
  'AWS::EC2::VPC': ({ name }) => ({ ref: `vpc-${name}`, attributes: { VpcId: `vpc-${name}` } }),
  'AWS::EC2::Subnet': ({ name }) => ({ ref: `subnet-${name}`, attributes: { SubnetId: `subnet-${name}` } }),
  'AWS::EC2::SecurityGroup': ({ name }) => ({ ref: `sg-${name}`, attributes: { GroupId: `sg-${name}` } }),
};

/** The property by which a template may name a resource itself. */
const NAME_PROPERTY: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  'AWS::ECS::Cluster': 'ClusterName',
  'AWS::ECS::TaskDefinition': 'Family',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SSM::Parameter': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::Scheduler::ScheduleGroup': 'Name',
};

const LONGEST_BUCKET_NAME = 63;

function byArn(
  service: string,
  resource: (name: string) => string,
  arnAttribute: string,
  nameAttribute: string,
): (named: Named) => Identity {
  return ({ name, arn }) => {
    const own = arn(service, resource(name));
    return { ref: own, attributes: { [arnAttribute]: own, [nameAttribute]: name } };
  };
}

/**
 * How a resource is called here: by the name the template gives it, else by stack and logical id.
 * @param resolveName resolves the property that holds the name
 * @returns undefined for a type whose references nothing here has needed
 */
export function identityOf(
  stack: Stack,
  logicalId: string,
  region: string,
  resolveName: (value: unknown) => unknown,
): Identity | undefined {
  const resource = stack.Resources[logicalId];
  if (resource === undefined) return undefined;
  const own = resolveName(resource.Properties[NAME_PROPERTY[resource.Type] ?? '']);
  const name = typeof own === 'string' ? own : generatedName(stack.name, logicalId, resource.Type);
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
  return SHAPES[resource.Type]?.({ name, arn });
}

function generatedName(stack: string, logicalId: string, type: string): string {
  const name = `${stack}-${logicalId}`;
  return type === 'AWS::S3::Bucket' ? name.toLowerCase().slice(0, LONGEST_BUCKET_NAME) : name;
}
