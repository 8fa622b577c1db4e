/** One price of a list, without tax. */
export interface Price {
  readonly usd: number;
  /** What it is for one of. */
  readonly unit: string;
  /** The page or list of the vendor that has it. */
  readonly source: string;
  /** The day of the copy or quotation of it that was read or, where that has none, when it was written down: YYYY-MM-DD. */
  readonly date: string;
  /** Whether it was found in a copy or quotation of the vendor's list. The others are assumed, and rather too high. */
  readonly confirmed: boolean;
}

/** Everything that is billed by this product. */
export const PRICED = [
  's3Standard',
  's3StandardIa',
  's3OnezoneIa',
  's3GlacierIr',
  's3Glacier',
  's3DeepArchive',
  's3Write',
  's3Read',
  's3ToStandardIa',
  's3ToOnezoneIa',
  's3ToGlacierIr',
  's3ToGlacier',
  's3ToDeepArchive',
  'fargateVcpu',
  'fargateMemory',
  'fargateStorage',
  'publicIpv4',
  'logsIngested',
  'logsStored',
  'alarm',
  'metric',
  'dashboard',
  'costRequest',
  'transition',
  'lambdaCompute',
  'lambdaRequest',
  'schedule',
  'mail',
  'tableWrite',
  'secret',
  'secretCall',
  'imageStored',
  'egress',
  'supabaseEgress',
  'supabasePitr7',
  'supabasePitr14',
  'supabasePitr28',
  'supabaseMicro',
] as const;
export type Priced = (typeof PRICED)[number];

export type PriceList = Readonly<Record<Priced, Price>>;
