import { describe, expect, it } from 'vitest';
import { ACCOUNT, administrator, may, type Principal, roleOf } from '../support/policies.ts';
import { resourcesOf, testTemplates } from '../support/stacks.ts';

const templates = testTemplates();
const SET = 'daily/20261123T170000Z';
const DUMP = `${SET}/rest.dump.zst.gpg`;
const MANIFEST = `${SET}/manifest.json`;
const FINDING = `${SET}/verification.json`;
const RECORD = 'audit/2026/11/24/020000Z-backup-x-succeeded.json';
const REPORT = 'restores/an-execution/restore.json';
/** As the engine sends what makes an object of a set. */
const IF_ABSENT = { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' };
/** As a request is sent that does not ask whether something is there. */
const WHATEVER_IS_THERE = { 's3:ObjectCreationOperation': 'true' };
const MARK = { 's3:RequestObjectTag/retention': 'expired' };

const writer = roleOf(templates, 'EngineWriterDefinitionTaskRole');
const preserver = roleOf(templates, 'EnginePreserverDefinitionTaskRole');
const verifier = roleOf(templates, 'EngineVerifierDefinitionTaskRole');
const reader = roleOf(templates, 'EngineReaderDefinitionTaskRole');
const retention = roleOf(templates, 'FunctionsRetentionRole');
const plan = roleOf(templates, 'FunctionsPlanRole');
const monitor = roleOf(templates, 'FunctionsMonitorRole');
const audit = roleOf(templates, 'FunctionsAuditRole');
const inPlaceReader = roleOf(templates, 'EngineInPlaceReaderDefinitionTaskRole');
const restorePlan = roleOf(templates, 'FunctionsRestorePlanRole');
const restoreReport = roleOf(templates, 'FunctionsRestoreReportRole');
const slack = roleOf(templates, 'FunctionsSlackRole');
const thaw = roleOf(templates, 'FunctionsThawRole');
const deployer = administrator(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-ap-northeast-2`);
const everybody: [string, Principal][] = [
  ['the writer', writer],
  ['the preserver', preserver],
  ['the verifier', verifier],
  ['the reader', reader],
  ['retention', retention],
  ['the plan', plan],
  ['the monitor', monitor],
  ['the audit', audit],
  ['the reader in place', inPlaceReader],
  ['the plan of restores', restorePlan],
  ['the report of restores', restoreReport],
  ['what tells in Slack', slack],
  ['the thaw', thaw],
  ['an administrator', administrator('Administrator')],
  ['a deployment', deployer],
];

const asked = (who: Principal, action: string, key?: string, context?: Record<string, string>) =>
  may(templates, who, action, key, context);

describe('the writer', () => {
  it.each(['daily', 'archive', 'important', 'critical', 'prerestore'])(
    'adds to %s/, and takes back what it uploads',
    async (prefix) => {
      const key = `${prefix}/20261123T170000Z/data/public.users/0001.copy.zst.gpg`;
      expect(await asked(writer, 's3:PutObject', key, IF_ABSENT)).toBe(true);
      // a part of an upload, which makes no object and takes no condition
      const part = { 's3:ObjectCreationOperation': 'false' };
      expect(await asked(writer, 's3:PutObject', key, part)).toBe(true);
      expect(await asked(writer, 's3:AbortMultipartUpload', key)).toBe(true);
    },
  );

  it('may not say that a set is verified: retention lets older sets go on that word', async () => {
    expect(await asked(writer, 's3:PutObject', FINDING, IF_ABSENT)).toBe(false);
    expect(await asked(writer, 's3:PutObject', FINDING)).toBe(false);
  });

  it.each(['claim.json', 'RESTORE.md'])('writes %s as the engine does: without a condition', async (name) => {
    expect(await asked(writer, 's3:PutObject', `${SET}/${name}`, WHATEVER_IS_THERE)).toBe(true);
  });

  const COPIED = ['critical', 'important'].map((prefix) => `${prefix}/20261123T170000Z`);
  const SLICE = 'data/public.users/0001.copy.zst.gpg';

  it('reads of the sets that the next ones copy from their slices, and by what it knows them', async () => {
    for (const set of COPIED) {
      for (const name of [SLICE, `run-of-another/${SLICE}`, 'manifest.json', 'verification.json'])
        expect([name, await asked(writer, 's3:GetObject', `${set}/${name}`)]).toEqual([name, true]);
      for (const name of ['schema.dump.zst.gpg', 'rest.dump.zst.gpg', 'roles.sql.zst.gpg', 'claim.json'])
        expect([name, await asked(writer, 's3:GetObject', `${set}/${name}`)]).toEqual([name, false]);
    }
  });

  it('lists those sets and no others', async () => {
    const lists = (prefix: string) => asked(writer, 's3:ListBucket', undefined, { 's3:prefix': prefix });
    for (const kind of ['critical', 'important']) expect(await lists(`${kind}/`)).toBe(true);
    for (const prefix of ['', 'daily/', 'archive/', 'audit/', 'critical'])
      expect([prefix, await lists(prefix)]).toEqual([prefix, false]);
  });

  it('copies one of them where nothing is, and never over what is there', async () => {
    const key = `${COPIED[0]}/${SLICE}`;
    expect(await asked(writer, 's3:PutObject', key, IF_ABSENT)).toBe(true);
    expect(await asked(writer, 's3:PutObject', key, WHATEVER_IS_THERE)).toBe(false);
    expect(await asked(writer, 's3:GetObjectTagging', key)).toBe(false);
  });

  it.each([
    ['s3:GetObject', DUMP],
    ['s3:GetObject', MANIFEST],
    ['s3:GetObject', `${SET}/data/public.users/0001.copy.zst.gpg`],
    ['s3:GetObject', 'prerestore/20261123T170000Z/data/public.users/0001.copy.zst.gpg'],
    ['s3:GetObjectVersion', 'critical/20261123T170000Z/data/public.users/0001.copy.zst.gpg'],
    ['s3:GetObjectVersion', DUMP],
    ['s3:ListBucket', undefined],
    ['s3:PutObjectTagging', DUMP],
    ['s3:PutObject', RECORD],
    ['s3:PutObject', 'drills/report.json'],
    ['s3:PutObject', 'elsewhere'],
  ])('may not %s %s', async (action, key) => {
    expect(await asked(writer, action, key, action === 's3:PutObjectTagging' ? MARK : {})).toBe(false);
  });
});

describe('the preserver', () => {
  const BEFORE = 'prerestore/20261123T170000Z';

  it('adds the sets of targets, and says of none that it is verified', async () => {
    expect(await asked(preserver, 's3:PutObject', `${BEFORE}/rest.dump.zst.gpg`, IF_ABSENT)).toBe(true);
    expect(await asked(preserver, 's3:PutObject', `${BEFORE}/claim.json`, WHATEVER_IS_THERE)).toBe(true);
    expect(await asked(preserver, 's3:AbortMultipartUpload', `${BEFORE}/rest.dump.zst.gpg`)).toBe(true);
    expect(await asked(preserver, 's3:PutObject', `${BEFORE}/verification.json`, IF_ABSENT)).toBe(false);
  });

  it.each([
    ['s3:PutObject', DUMP],
    ['s3:PutObject', 'archive/20261123T170000Z/rest.dump.zst.gpg'],
    ['s3:PutObject', RECORD],
    ['s3:GetObject', `${BEFORE}/rest.dump.zst.gpg`],
    ['s3:ListBucket', undefined],
    ['s3:PutObjectTagging', `${BEFORE}/rest.dump.zst.gpg`],
  ])('may not %s %s', async (action, key) => {
    const context = action === 's3:PutObjectTagging' ? MARK : IF_ABSENT;
    expect(await asked(preserver, action, key, context)).toBe(false);
  });
});

describe('the verifier', () => {
  it('reads sets, lists them, and writes its finding', async () => {
    expect(await asked(verifier, 's3:GetObject', DUMP)).toBe(true);
    expect(await asked(verifier, 's3:ListBucket')).toBe(true);
    expect(await asked(verifier, 's3:PutObject', FINDING, WHATEVER_IS_THERE)).toBe(true);
  });

  it.each([DUMP, MANIFEST, `${SET}/claim.json`, 'verification.json', RECORD])(
    'may not write %s',
    async (key) => {
      expect(await asked(verifier, 's3:PutObject', key, IF_ABSENT)).toBe(false);
    },
  );
});

describe.each([
  ['the reader', reader],
  ['the reader in place', inPlaceReader],
])('%s', (_, reader) => {
  it.each(['s3:GetObject', 's3:GetObjectVersion', 's3:RestoreObject'])('may %s', async (action) => {
    expect(await asked(reader, action, DUMP)).toBe(true);
  });

  it('finds old versions: what nobody can list nobody can read', async () => {
    expect(await asked(reader, 's3:ListBucket')).toBe(true);
    expect(await asked(reader, 's3:ListBucketVersions')).toBe(true);
  });

  it('writes its report, where there is none', async () => {
    expect(await asked(reader, 's3:PutObject', REPORT, IF_ABSENT)).toBe(true);
    expect(await asked(reader, 's3:PutObject', REPORT, WHATEVER_IS_THERE)).toBe(false);
    expect(await asked(reader, 's3:GetObject', REPORT)).toBe(false);
  });

  it.each([DUMP, MANIFEST, FINDING, RECORD, 'restores.json', `${SET}/restores/x.json`])(
    'may not write %s',
    async (key) => {
      expect(await asked(reader, 's3:PutObject', key, IF_ABSENT)).toBe(false);
      expect(await asked(reader, 's3:PutObjectTagging', key, MARK)).toBe(false);
    },
  );
});

describe('the functions', () => {
  it('of plan, retention and monitoring read manifests and findings, and never the data', async () => {
    for (const who of [plan, retention, monitor, restorePlan]) {
      expect(await asked(who, 's3:GetObject', MANIFEST)).toBe(true);
      expect(await asked(who, 's3:GetObject', FINDING)).toBe(true);
      expect(await asked(who, 's3:GetObject', DUMP)).toBe(false);
    }
  });

  it('of thawing thaw objects of sets and look at them, and write nothing', async () => {
    for (const action of ['s3:RestoreObject', 's3:GetObject']) {
      expect(await asked(thaw, action, DUMP)).toBe(true);
      expect(await asked(thaw, action, RECORD)).toBe(false);
    }
    expect(await asked(thaw, 's3:ListBucket')).toBe(true);
    for (const key of [DUMP, MANIFEST, FINDING, RECORD])
      expect(await asked(thaw, 's3:PutObject', key, IF_ABSENT)).toBe(false);
    for (const who of [writer, verifier, retention, plan, monitor, audit])
      expect(await asked(who, 's3:RestoreObject', DUMP)).toBe(false);
  });

  it('of retention mark, with the one tag that lifecycle goes by', async () => {
    expect(await asked(retention, 's3:PutObjectTagging', DUMP, MARK)).toBe(true);
    expect(
      await asked(retention, 's3:PutObjectTagging', DUMP, { 's3:RequestObjectTag/retention': 'kept' }),
    ).toBe(false);
    expect(await asked(monitor, 's3:PutObjectTagging', DUMP, MARK)).toBe(false);
  });

  it('of monitoring see uploads that were left open, which no listing of objects shows, and end none', async () => {
    expect(await asked(monitor, 's3:ListBucketMultipartUploads')).toBe(true);
    expect(await asked(plan, 's3:ListBucketMultipartUploads')).toBe(false);
    expect(await asked(monitor, 's3:AbortMultipartUpload', DUMP)).toBe(false);
  });

  it('of the report read what runs reported, and no set', async () => {
    expect(await asked(restoreReport, 's3:GetObject', REPORT)).toBe(true);
    for (const key of [DUMP, MANIFEST, RECORD])
      expect(await asked(restoreReport, 's3:GetObject', key)).toBe(false);
    expect(await asked(restoreReport, 's3:PutObject', REPORT, IF_ABSENT)).toBe(false);
  });

  it('of the audit add records and read them, and read or replace nothing else', async () => {
    expect(await asked(audit, 's3:PutObject', RECORD, IF_ABSENT)).toBe(true);
    expect(await asked(audit, 's3:PutObject', MANIFEST, IF_ABSENT)).toBe(false);
    expect(await asked(audit, 's3:PutObject', RECORD, WHATEVER_IS_THERE)).toBe(false);
    expect(await asked(audit, 's3:GetObject', RECORD)).toBe(true);
    for (const key of [DUMP, MANIFEST, REPORT]) expect(await asked(audit, 's3:GetObject', key)).toBe(false);
    for (const who of [writer, verifier, reader, retention, monitor])
      expect(await asked(who, 's3:PutObject', RECORD, IF_ABSENT)).toBe(false);
  });
});

describe.each(everybody)('%s', (_, who) => {
  it.each([
    's3:DeleteObject',
    's3:DeleteObjectVersion',
    's3:BypassGovernanceRetention',
    's3:PutObjectRetention',
    's3:PutObjectLegalHold',
    's3:ReplicateDelete',
    's3:ReplicateObject',
    's3:ReplicateTags',
    's3:UpdateObjectEncryption',
  ])('may not %s', async (action) => {
    expect(await asked(who, action, DUMP)).toBe(false);
  });

  it.each([DUMP, MANIFEST, RECORD, 'elsewhere'])(
    'may not replace %s: a version under another one is removed in time',
    async (key) => {
      expect(await asked(who, 's3:PutObject', key, WHATEVER_IS_THERE)).toBe(false);
      expect(await asked(who, 's3:PutObject', key, { ...WHATEVER_IS_THERE, 's3:if-match': 'etag' })).toBe(
        false,
      );
    },
  );

  it('may not store what S3 encrypts with another key than its own', async () => {
    const encrypted = (how: string) => ({ ...IF_ABSENT, 's3:x-amz-server-side-encryption': how });
    const adds = await asked(who, 's3:PutObject', DUMP, IF_ABSENT);
    expect(await asked(who, 's3:PutObject', DUMP, encrypted('AES256'))).toBe(adds);
    expect(await asked(who, 's3:PutObject', DUMP, encrypted('aws:kms'))).toBe(false);
  });
});

describe('settings of the bucket', () => {
  const SETTINGS = [
    's3:PutLifecycleConfiguration',
    's3:PutBucketVersioning',
    's3:PutBucketObjectLockConfiguration',
    's3:PutBucketPolicy',
    's3:DeleteBucketPolicy',
    's3:PutEncryptionConfiguration',
    's3:PutReplicationConfiguration',
    's3:PutBucketLogging',
    's3:PutBucketOwnershipControls',
    's3:PutBucketPublicAccessBlock',
    's3:DeleteBucket',
  ];

  it.each(SETTINGS)('%s is for deployments, and for nobody else', async (action) => {
    for (const [name, who] of everybody) {
      expect([name, await asked(who, action)]).toEqual([name, who === deployer]);
    }
  });

  it('are not for a role that only looks like a deployment', async () => {
    const impostors = [
      `my-cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-ap-northeast-2`,
      `cdk-hnb659fds-deploy-role-${ACCOUNT}-ap-northeast-2`,
      `cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-us-east-1`,
    ];
    for (const impostor of impostors) {
      expect(await asked(administrator(impostor), 's3:PutLifecycleConfiguration')).toBe(false);
    }
  });

  it('leave everything open to whoever may, but over TLS 1.2 and newer only', async () => {
    const admin = administrator('Administrator');
    expect(await asked(admin, 's3:GetObject', DUMP)).toBe(true);
    expect(await asked(admin, 's3:GetObject', DUMP, { 'aws:SecureTransport': 'false' })).toBe(false);
    expect(await asked(admin, 's3:GetObject', DUMP, { 's3:TlsVersion': '1.1' })).toBe(false);
  });
});

describe('the private key', () => {
  it('is read by the execution roles of the readers alone', () => {
    const readers = resourcesOf(templates.operations, 'AWS::IAM::Policy')
      .filter(([, { Properties }]) =>
        JSON.stringify(Properties.PolicyDocument).includes('SecretsGpgPrivateKey'),
      )
      .flatMap(([, { Properties }]) => (Properties.Roles as { Ref: string }[]).map(({ Ref }) => Ref));
    expect(readers.sort()).toEqual([
      expect.stringMatching(/^EngineDrillDefinitionExecutionRole/),
      expect.stringMatching(/^EngineInPlaceReaderDefinitionExecutionRole/),
      expect.stringMatching(/^EngineReaderDefinitionExecutionRole/),
    ]);
  });

  it('is told apart from the public one, which those read that make sets', () => {
    const readers = resourcesOf(templates.operations, 'AWS::IAM::Policy')
      .filter(([, { Properties }]) =>
        JSON.stringify(Properties.PolicyDocument).includes('SecretsGpgPublicKey'),
      )
      .map(([id]) => id);
    expect(readers.sort()).toEqual([
      expect.stringMatching(/^EnginePreserverDefinitionExecutionRole/),
      expect.stringMatching(/^EngineWriterDefinitionExecutionRole/),
    ]);
  });
});

describe('the integrity check', () => {
  const statements = resourcesOf(templates.operations, 'AWS::IAM::Policy')
    .filter(([id]) => id.startsWith('FunctionsIntegrityRole'))
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: unknown[] }).Statement);

  it('reads two connection strings and writes its log, and nothing else', () => {
    expect(statements).toEqual([
      expect.objectContaining({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow' }),
      {
        Sid: 'ReadConnectionStrings',
        Action: 'secretsmanager:GetSecretValue',
        Effect: 'Allow',
        Resource: [
          { 'Fn::ImportValue': expect.stringMatching(/ExportsOutputRefSecretsDatabaseUrl[0-9A-F]+/) },
          { 'Fn::ImportValue': expect.stringMatching(/ExportsOutputRefSecretsTargetDatabaseUrl[0-9A-F]+/) },
        ],
      },
    ]);
  });
});
