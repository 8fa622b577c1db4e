import { join } from 'node:path';

/**
 * For processes of Node that are started again and again: it keeps here what it has compiled, which is half of a start of
 * the engine.
 */
export const COMPILED = { NODE_COMPILE_CACHE: join(import.meta.dirname, '..', '.local', 'compiled') };
