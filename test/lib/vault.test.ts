import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { lifecycleRules, validateLifecycle } from '../../core/lifecycle.ts';
import { addEnvironment } from '../../lib/app.ts';
import { VaultStack } from '../../lib/vault-stack.ts';
import { resourcesOf, testApp, testStacks, testTemplates } from '../support/stacks.ts';

const { vault } = testTemplates();

/** Lifecycle rules of the backup bucket, as CloudFormation gets them. */
function lifecycleOfBackups(): Record<string, unknown>[] {
  const bucket = resourcesOf(vault, 'AWS::S3::Bucket').find(([id]) => id.startsWith('BackupsBucket'));
  if (bucket === undefined) throw new Error('there is no backup bucket');
  return (bucket[1].Properties.LifecycleConfiguration as { Rules: Record<string, unknown>[] }).Rules;
}

describe('the vault', () => {
  it('holds these under these ids: another id would be another bucket, and another secret', () => {
    const stateful = ['AWS::S3::Bucket', 'AWS::SecretsManager::Secret'];
    const ids = stateful.flatMap((type) => resourcesOf(vault, type).map(([id]) => id));
    expect(ids.sort()).toEqual([
      'BackupsAccessLogs4CD0EFAD',
      'BackupsBucket2936A3AA',
      'SecretsDatabaseUrlDCBD4A15',
      'SecretsGpgPassphraseF35AC4D3',
      'SecretsGpgPrivateKey7BDD3174',
      'SecretsGpgPublicKeyE6C22E77',
      'SecretsSlackWebhookUrlAC657E7C',
      'SecretsTargetDatabaseUrlB6D5EE9E',
    ]);
  });

  it('stays when it is taken out of the template, or of the stack', () => {
    // a bucket without its policy would stay without protection
    for (const type of ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'AWS::SecretsManager::Secret']) {
      for (const [id, resource] of resourcesOf(vault, type)) {
        expect([id, resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual([id, 'Retain', 'Retain']);
      }
    }
  });

  it('cannot be deleted by mistake, and the operations can', () => {
    const { vault: stack, operations } = testStacks();
    expect(stack.terminationProtection).toBe(true);
    expect(operations.terminationProtection).not.toBe(true);
  });

  it('refers to nothing outside itself', () => {
    const { vault: stack } = testStacks();
    expect(stack.dependencies).toEqual([]);
    expect(JSON.stringify(vault.toJSON())).not.toContain('Fn::ImportValue');
  });
});

describe('the backup bucket', () => {
  it('is private, versioned, locked, encrypted, and logged', () => {
    vault.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } },
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
          },
        ],
      },
      LoggingConfiguration: { DestinationBucketName: { Ref: Match.stringLikeRegexp('^BackupsAccessLogs') } },
    });
  });

  it('has no name of ours: it must be possible to make another beside it', () => {
    for (const [, { Properties }] of resourcesOf(vault, 'AWS::S3::Bucket')) {
      expect(Properties).not.toHaveProperty('BucketName');
    }
  });

  it('has the lifecycle of the policy, rule for rule', () => {
    const { policy } = parseEnvironment({ name: 'test', alertEmails: ['a@b.example'] }, 'a test');
    const Rules = lifecycleOfBackups();
    expect(Rules.map(({ Id }) => Id)).toEqual(lifecycleRules(policy).map(({ id }) => id));
    expect(Rules).toContainEqual({
      Id: 'tier-archive',
      Status: 'Enabled',
      Prefix: 'archive/',
      ObjectSizeGreaterThan: 4 * 1024 * 1024,
      Transitions: [
        { StorageClass: 'STANDARD_IA', TransitionInDays: 7 },
        { StorageClass: 'GLACIER', TransitionInDays: 37 },
        { StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 402 },
      ],
    });
  });

  it('expires nothing that retention has not marked', () => {
    const Rules = lifecycleOfBackups();
    const expiring = Rules.filter((rule) => rule.ExpirationInDays !== undefined);
    expect(expiring.length).toBeGreaterThan(0);
    for (const { TagFilters } of expiring)
      expect(TagFilters).toEqual([{ Key: 'retention', Value: 'expired' }]);
  });

  it('keeps noncurrent versions, delete markers and dead uploads in rules of their own', () => {
    const Rules = lifecycleOfBackups();
    const withOnly = (key: string) =>
      Rules.filter((rule) => key in rule).map((rule) => Object.keys(rule).sort());
    expect(withOnly('NoncurrentVersionExpiration')).toEqual([
      ['Id', 'NoncurrentVersionExpiration', 'Status'],
    ]);
    expect(withOnly('ExpiredObjectDeleteMarker')).toEqual([['ExpiredObjectDeleteMarker', 'Id', 'Status']]);
    expect(withOnly('AbortIncompleteMultipartUpload')).toEqual([
      ['AbortIncompleteMultipartUpload', 'Id', 'Status'],
    ]);
  });
});

describe('the record of who read and wrote', () => {
  it('is deleted by nobody, and its settings are changed by deployments alone', () => {
    const policies = resourcesOf(vault, 'AWS::S3::BucketPolicy');
    expect(policies).toHaveLength(2);
    for (const [, { Properties }] of policies) {
      const { Statement } = Properties.PolicyDocument as { Statement: { Sid?: string }[] };
      const named = Statement.flatMap(({ Sid }) => Sid ?? []);
      expect(named).toEqual(expect.arrayContaining(['NobodyDeletes', 'OnlyDeploymentsChangeSettings']));
    }
  });
});

describe('the secrets', () => {
  const secrets = resourcesOf(vault, 'AWS::SecretsManager::Secret');

  it('are found by the environment and what they are', () => {
    expect(secrets.map(([, { Properties }]) => Properties.Name).sort()).toEqual(
      [
        'database-url',
        'gpg-passphrase',
        'gpg-private-key',
        'gpg-public-key',
        'slack-webhook-url',
        'target-database-url',
      ].map((name) => `videoplanet-backup/test/${name}`),
    );
  });

  it('are three more where there is a Supabase project to ask about, and a fourth where restores make some', () => {
    const { vault: withProject } = testTemplates({ supabase: { projectRef: 'abcdefghijklmnopqrst' } });
    const more = resourcesOf(withProject, 'AWS::SecretsManager::Secret').filter(
      ([id]) => !secrets.some(([known]) => known === id),
    );
    expect(more.map(([id, { Properties }]) => [id, Properties.Name])).toEqual([
      ['SecretsSupabaseToken596126E9', 'videoplanet-backup/test/supabase-token'],
      [expect.stringMatching(/^SecretsStorageS3/), 'videoplanet-backup/test/storage-s3'],
      ['SupabaseTargetStorageS37215EC9E', 'videoplanet-backup/test/target-storage-s3'],
    ]);
    const { vault: withProjects } = testTemplates({
      supabase: {
        projectRef: 'abcdefghijklmnopqrst',
        newProjects: { organization: 'videoplanet', region: 'ap-northeast-2' },
      },
    });
    expect(
      resourcesOf(withProjects, 'AWS::SecretsManager::Secret').map(([, { Properties }]) => Properties.Name),
    ).toContain('videoplanet-backup/test/new-project');
  });

  it.each(secrets)('%s is empty, and says how it is filled', (_, { Properties }) => {
    expect(Properties).not.toHaveProperty('SecretString');
    expect(Properties).not.toHaveProperty('GenerateSecretString');
    expect(Properties.Description).toContain(`put-secret-value --secret-id ${Properties.Name}`);
  });
});

describe('a policy that S3 would reject, or bill for nothing', () => {
  it('is refused where it is written, with the number and the rule', () => {
    const policy = { tiering: { iaAfterDays: 7, glacierAfterDays: 10 } };
    expect(() => testStacks({ policy })).toThrow(/10/);
    expect(() => testStacks({ policy })).toThrow(/STANDARD_IA/);
  });

  it('is refused at synth too, should it come another way', () => {
    const app = testApp();
    const right = parseEnvironment({ name: 'test', alertEmails: ['a@b.example'] }, 'a test');
    const policy = { ...right.policy, tiering: { iaAfterDays: 7, glacierAfterDays: 10 } };
    new VaultStack(app, 'Wrong', { config: { name: 'wrong', policy } });
    const [finding] = validateLifecycle(lifecycleRules(policy));
    expect(finding?.message).toContain('10');
    expect(() => app.synth()).toThrow(`${finding?.level} lifecycle: ${finding?.message}`);
  });
});

describe('the environment', () => {
  it.each([
    [undefined, 'no environment was given'],
    ['prod', 'there is no environment "prod"'],
    ['toString', 'there is no environment "toString"'],
    [true, 'there is no environment true'],
  ])('%s is not one, and the answer names those there are', (asked, message) => {
    const config = parseEnvironment({ name: 'test', alertEmails: ['a@b.example'] }, 'a test');
    const known = { test: config, other: config };
    expect(() => addEnvironment(testApp(), asked, known)).toThrow(message);
    expect(() => addEnvironment(testApp(), asked, known)).toThrow(/test, other.*-c env=test/);
  });
});
