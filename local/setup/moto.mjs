import { MOTO_VERSION } from './places.mjs';
import { ensurePythonProgram, installedPythonProgram } from './python.mjs';

/**
 * The path of moto_server, which emulates S3, in the pinned version; installed first where it is missing.
 *
 * @returns {string}
 * @throws {CannotInstall} there is no usable Python
 */
export function ensureMoto() {
  const moto = { name: 'moto', version: MOTO_VERSION, program: 'moto_server' };
  return (
    installedPythonProgram({ ...moto, imports: 'flask, flask_cors' }) ??
    ensurePythonProgram({
      ...moto,
      requirement: `moto[server]==${MOTO_VERSION}`,
      purpose: 'The S3 emulator is written in it.',
    })
  );
}
