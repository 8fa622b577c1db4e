import { PRICED, type Price, type PriceList } from './price.ts';

const OFFERS = 'https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws';
const PAGES = {
  s3: 'https://aws.amazon.com/s3/pricing/',
  fargate: 'https://aws.amazon.com/fargate/pricing/',
  vpc: 'https://aws.amazon.com/vpc/pricing/',
  explorer: 'https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/',
  cloudwatch: 'https://aws.amazon.com/cloudwatch/pricing/',
  steps: 'https://aws.amazon.com/step-functions/pricing/',
  lambda: 'https://aws.amazon.com/lambda/pricing/',
  scheduler: 'https://aws.amazon.com/eventbridge/pricing/',
  sns: 'https://aws.amazon.com/sns/pricing/',
  dynamodb: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  secrets: 'https://aws.amazon.com/secrets-manager/pricing/',
  ecr: 'https://aws.amazon.com/ecr/pricing/',
  ec2: 'https://aws.amazon.com/ec2/pricing/on-demand/',
  supabaseEgress: 'https://supabase.com/docs/guides/platform/manage-your-usage/egress',
  supabasePitr: 'https://supabase.com/docs/guides/platform/manage-your-usage/point-in-time-recovery',
  supabaseCompute: 'https://supabase.com/docs/guides/platform/manage-your-usage/compute',
} as const;

const WRITTEN = '2026-11-27';
const confirmed = (usd: number, unit: string, source: string, date: string): Price => ({
  usd,
  unit,
  source,
  date,
  confirmed: true,
});
const assumed = (usd: number, unit: string, source: string): Price => ({
  usd,
  unit,
  source,
  date: WRITTEN,
  confirmed: false,
});

const GB_MONTH = 'GB-month';
const THOUSAND = '1,000 requests';

/** What costs the same in both regions, and what Supabase bills. */
const EVERYWHERE = {
  alarm: confirmed(0.1, 'alarm-month', PAGES.cloudwatch, '2026-10-01'),
  metric: confirmed(0.3, 'metric-month', PAGES.cloudwatch, '2026-10-01'),
  dashboard: confirmed(3, 'dashboard-month', PAGES.cloudwatch, '2026-06-13'),
  costRequest: confirmed(0.01, 'request', PAGES.explorer, '2019-11-01'),
  lambdaCompute: confirmed(0.0000133334, 'GB-second', PAGES.lambda, '2026-10-05'),
  lambdaRequest: confirmed(0.2, 'million', PAGES.lambda, '2026-10-05'),
  schedule: confirmed(1, 'million', PAGES.scheduler, '2026-03-13'),
  mail: assumed(2, '100,000 mails', PAGES.sns),
  tableWrite: assumed(0.75, 'million', PAGES.dynamodb),
  secret: confirmed(0.4, 'secret-month', PAGES.secrets, '2026-10-01'),
  secretCall: confirmed(0.05, '10,000 calls', PAGES.secrets, '2026-10-01'),
  imageStored: confirmed(0.1, GB_MONTH, PAGES.ecr, '2026-10-05'),
  publicIpv4: confirmed(0.005, 'hour', PAGES.vpc, '2026-10-01'),
  supabaseEgress: confirmed(0.09, 'GB', PAGES.supabaseEgress, WRITTEN),
  supabasePitr7: confirmed(0.137, 'hour', PAGES.supabasePitr, WRITTEN),
  supabasePitr14: confirmed(0.274, 'hour', PAGES.supabasePitr, WRITTEN),
  supabasePitr28: confirmed(0.55, 'hour', PAGES.supabasePitr, WRITTEN),
  supabaseMicro: confirmed(0.01344, 'hour', PAGES.supabaseCompute, WRITTEN),
} as const;

const SEOUL_S3 = `${OFFERS}/AmazonS3/current/ap-northeast-2/index.json`;
const SEOUL_ECS = `${OFFERS}/AmazonECS/current/ap-northeast-2/index.json`;
const SEOUL_LOGS = `${OFFERS}/AmazonCloudWatch/current/ap-northeast-2/index.json`;

const SEOUL: PriceList = {
  ...EVERYWHERE,
  s3Standard: confirmed(0.025, GB_MONTH, SEOUL_S3, '2026-10-05'),
  s3StandardIa: confirmed(0.0138, GB_MONTH, SEOUL_S3, '2026-10-01'),
  s3OnezoneIa: assumed(0.011, GB_MONTH, PAGES.s3),
  s3GlacierIr: confirmed(0.005, GB_MONTH, SEOUL_S3, '2026-10-01'),
  s3Glacier: confirmed(0.0045, GB_MONTH, SEOUL_S3, '2026-10-01'),
  s3DeepArchive: assumed(0.002, GB_MONTH, PAGES.s3),
  s3Write: confirmed(0.0045, THOUSAND, SEOUL_S3, '2026-10-05'),
  s3Read: confirmed(0.00035, THOUSAND, SEOUL_S3, '2026-10-01'),
  s3ToStandardIa: assumed(0.01, THOUSAND, PAGES.s3),
  s3ToOnezoneIa: assumed(0.01, THOUSAND, PAGES.s3),
  s3ToGlacierIr: confirmed(0.02, THOUSAND, SEOUL_S3, '2026-10-01'),
  s3ToGlacier: assumed(0.035, THOUSAND, PAGES.s3),
  s3ToDeepArchive: assumed(0.06, THOUSAND, PAGES.s3),
  fargateVcpu: confirmed(0.03725, 'vCPU-hour', SEOUL_ECS, '2026-10-05'),
  fargateMemory: confirmed(0.00409, 'GB-hour', SEOUL_ECS, '2026-10-05'),
  fargateStorage: assumed(0.00013, 'GB-hour', PAGES.fargate),
  logsIngested: confirmed(0.76, 'GB', SEOUL_LOGS, '2026-10-01'),
  logsStored: confirmed(0.0314, GB_MONTH, SEOUL_LOGS, '2026-10-01'),
  transition: confirmed(0.0271, '1,000 transitions', PAGES.steps, WRITTEN),
  egress: confirmed(0.126, 'GB', PAGES.ec2, '2026-10-05'),
};

const VIRGINIA_DATE = '2025-10-28';
const VIRGINIA_S3 = `${OFFERS}/AmazonS3/current/us-east-1/index.json`;

const VIRGINIA: PriceList = {
  ...EVERYWHERE,
  s3Standard: confirmed(0.023, GB_MONTH, VIRGINIA_S3, VIRGINIA_DATE),
  s3StandardIa: confirmed(0.0125, GB_MONTH, VIRGINIA_S3, VIRGINIA_DATE),
  s3OnezoneIa: confirmed(0.01, GB_MONTH, VIRGINIA_S3, VIRGINIA_DATE),
  s3GlacierIr: confirmed(0.004, GB_MONTH, VIRGINIA_S3, VIRGINIA_DATE),
  s3Glacier: confirmed(0.0036, GB_MONTH, PAGES.s3, WRITTEN),
  s3DeepArchive: confirmed(0.00099, GB_MONTH, PAGES.s3, WRITTEN),
  s3Write: confirmed(0.005, THOUSAND, VIRGINIA_S3, VIRGINIA_DATE),
  s3Read: confirmed(0.0004, THOUSAND, VIRGINIA_S3, VIRGINIA_DATE),
  s3ToStandardIa: confirmed(0.01, THOUSAND, PAGES.s3, WRITTEN),
  s3ToOnezoneIa: confirmed(0.01, THOUSAND, PAGES.s3, WRITTEN),
  s3ToGlacierIr: confirmed(0.02, THOUSAND, PAGES.s3, WRITTEN),
  s3ToGlacier: confirmed(0.03, THOUSAND, PAGES.s3, WRITTEN),
  s3ToDeepArchive: confirmed(0.05, THOUSAND, PAGES.s3, WRITTEN),
  fargateVcpu: confirmed(0.03238, 'vCPU-hour', PAGES.fargate, '2026-09-23'),
  fargateMemory: confirmed(0.00356, 'GB-hour', PAGES.fargate, '2026-09-23'),
  fargateStorage: confirmed(0.000111, 'GB-hour', PAGES.fargate, WRITTEN),
  logsIngested: confirmed(0.5, 'GB', PAGES.cloudwatch, '2026-06-13'),
  logsStored: assumed(0.03, GB_MONTH, PAGES.cloudwatch),
  transition: confirmed(0.025, '1,000 transitions', PAGES.steps, WRITTEN),
  egress: confirmed(0.09, 'GB', PAGES.ec2, '2026-10-05'),
};

/** The lists there are, by region. */
export const PRICES: Readonly<Record<string, PriceList>> = {
  'ap-northeast-2': SEOUL,
  'us-east-1': VIRGINIA,
};

/** The dearer of the two lists, price by price: most regions lie between them, and a guard had better not guess too low. */
const DEARER = Object.fromEntries(
  PRICED.map((what) => [what, SEOUL[what].usd >= VIRGINIA[what].usd ? SEOUL[what] : VIRGINIA[what]]),
) as unknown as PriceList;

/** The prices of a region, and what had to be assumed for lack of its own. */
export function pricesOf(region: string): {
  readonly prices: PriceList;
  readonly assumption: string | undefined;
} {
  const own = Object.hasOwn(PRICES, region) ? PRICES[region] : undefined;
  if (own !== undefined) return { prices: own, assumption: undefined };
  return {
    prices: DEARER,
    assumption:
      `there is no price list of ${region} here: each price is the dearer of ${Object.keys(PRICES).join(' and ')}, ` +
      'and a dearer region (São Paulo, Africa, Middle East) costs more than this says',
  };
}

/** The day of the oldest price of a list. */
export function oldestDate(prices: PriceList): string {
  return PRICED.map((what) => prices[what].date).sort()[0] ?? '';
}
