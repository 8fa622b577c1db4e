import { join } from 'node:path';
import { IgnoreMode } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';

const ROOT = join(import.meta.dirname, '..');

/**
 * The engine's image, with the repository as its context, for the engine imports `core`. `.dockerignore` narrows that to
 * what the Dockerfile copies: nothing else enters the image, or changes its hash.
 */
export function engineImage(): ContainerImage {
  return ContainerImage.fromAsset(ROOT, {
    file: 'containers/engine/Dockerfile',
    platform: Platform.LINUX_ARM64,
    ignoreMode: IgnoreMode.DOCKER,
  });
}
