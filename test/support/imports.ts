import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { parseAst } from 'vitest/node';

/** One file's mention of another module, as written and, where it is a file of the project, as a path from its root. */
export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Undefined for what is not a relative path: packages and Node's own modules. */
  readonly target: string | undefined;
}

const SOURCE = /\.(ts|mts|cts|tsx|js|mjs|cjs)$/;

/** Source files below the folders that exist, as paths from the root. */
export async function sourceFiles(root: string, folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(
        () => [],
      );
      return entries
        .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)))
        .filter((file) => !file.split('/').includes('node_modules'));
    }),
  );
  return found.flat().sort();
}

/** What files import, by the parser that also builds them: types, re-exports, import() and require included. */
export async function importsOf(root: string, files: readonly string[]): Promise<Import[]> {
  const all = await Promise.all(
    files.map(async (file) => {
      const lang = file.endsWith('x') ? 'tsx' : /\.[mc]?js$/.test(file) ? 'js' : 'ts';
      const specifiers = specifiersIn(parseAst(await readFile(join(root, file), 'utf8'), { lang }));
      return specifiers.map((specifier) => ({
        from: file,
        specifier,
        target: targetOf(root, file, specifier),
      }));
    }),
  );
  return all.flat();
}

function targetOf(root: string, from: string, specifier: string): string | undefined {
  if (!/^(\.{1,2}(\/|$)|\/|file:)/.test(specifier)) return undefined;
  return relative(root, resolve(root, dirname(from), specifier.replace(/^file:\/\//, '')));
}

/** Nodes whose `source` names a module. */
const SOURCED = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function specifiersIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(specifiersIn);
  if (typeof node !== 'object' || node === null) return [];
  const fields = node as Record<string, unknown>;
  const own = [
    SOURCED.has(String(fields.type)) ? textOf(fields.source) : undefined,
    fields.type === 'TSExternalModuleReference' ? textOf(fields.expression) : undefined,
    isLoadingCall(fields) ? textOf((fields.arguments as unknown[])[0]) : undefined,
    isUrlOfFile(fields) ? textOf((fields.arguments as unknown[])[0]) : undefined,
  ].filter((specifier) => specifier !== undefined);
  return [...own, ...Object.values(fields).flatMap(specifiersIn)];
}

/** `require('x')` and `require.resolve('x')`, however the function was made, and `import.meta.resolve('x')`. */
function isLoadingCall({ type, callee }: Record<string, unknown>): boolean {
  if (type !== 'CallExpression') return false;
  const { name, property, object } = callee as Record<string, Record<string, unknown> | string | undefined>;
  if (name === 'require') return true;
  const last = typeof property === 'object' ? property.name : undefined;
  const first = typeof object === 'object' ? (object.name ?? object.type) : undefined;
  return last === 'resolve' && (first === 'require' || first === 'MetaProperty');
}

/** `new URL('../x.ts', import.meta.url)`: how a worker or a child process is given a file. */
function isUrlOfFile({ type, callee, arguments: args }: Record<string, unknown>): boolean {
  return (
    type === 'NewExpression' &&
    (callee as { name?: string }).name === 'URL' &&
    (args as unknown[]).length === 2
  );
}

function textOf(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { type, value, quasis } = node as {
    type: string;
    value?: unknown;
    quasis?: { value: { cooked: string } }[];
  };
  if (type === 'Literal' && typeof value === 'string') return value;
  return type === 'TemplateLiteral' && quasis?.length === 1 ? quasis[0]?.value.cooked : undefined;
}
