import { App, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { testApp, testStacks } from '../support/stacks.ts';

describe('the rules of AWS Solutions', () => {
  it('are kept by both stacks, or the reason stands beside the resource', () => {
    const app = testApp();
    testStacks({}, app);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).not.toThrow();
  });

  it('are looked at: a bucket without anything is refused', () => {
    const app = new App();
    new Bucket(new Stack(app, 'Careless'), 'Bucket');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow(/AwsSolutions-S10/);
  });
});
