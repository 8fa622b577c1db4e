import { CFN_LINT_VERSION } from './places.mjs';
import { ensurePythonProgram } from './python.mjs';

/**
 * The path of cfn-lint, which checks CloudFormation templates, in the pinned version; installed first where it is missing.
 *
 * @returns {string}
 * @throws {CannotInstall} there is no usable Python
 */
export function ensureCfnLint() {
  return ensurePythonProgram({
    name: 'cfn-lint',
    version: CFN_LINT_VERSION,
    requirement: `cfn-lint==${CFN_LINT_VERSION}`,
    program: 'cfn-lint',
    purpose: 'The checker of templates is written in it.',
  });
}
