import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './commands.mjs';
import { CannotInstall } from './errors.mjs';

const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

/** Whether a file is a compiled program or library rather than a script. */
export function isElf(file) {
  const head = Buffer.alloc(ELF_MAGIC.length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return head.equals(ELF_MAGIC);
}

/** The directories of shared libraries below an extracted root, relative to it. */
export function libraryDirs(root) {
  const parents = ['usr/lib', 'lib'].filter((parent) => existsSync(join(root, parent)));
  const subdirs = parents.flatMap((parent) =>
    readdirSync(join(root, parent))
      .filter((name) => /-linux-gnu/.test(name))
      .map((name) => join(parent, name)),
  );
  return subdirs.filter((directory) => statSync(join(root, directory)).isDirectory());
}

/**
 * The dynamic loader of an extracted C library, relative to the root. The links to it in lib64 may be
 * absolute and lead out of the root, so the file itself is looked for.
 *
 * @throws {CannotInstall} the packages contained none
 */
export function loaderOf(root) {
  for (const directory of libraryDirs(root)) {
    const name = readdirSync(join(root, directory)).find((entry) => /^ld-linux.*\.so\.\d+$/.test(entry));
    if (name !== undefined) return join(directory, name);
  }
  throw new CannotInstall('a C library', `The packages extracted to ${root} contain no dynamic loader.`);
}

/**
 * Makes programs use the loader and the libraries of the root they will be moved to. The old-fashioned
 * RPATH is what it takes: unlike RUNPATH it also holds for the libraries that libraries and extensions
 * load, so those need no change.
 *
 * @param {{ draft: string, root: string, loader: string, directories: string[], programs: string[] }} options
 *   `draft` is where the files are now and `root` where they will be
 */
export function pointToLoader({ draft, root, loader, directories, programs }) {
  const libraries = (base) => directories.map((directory) => join(base, directory)).join(':');
  // patchelf comes from the same release, so it too runs only with that release's libraries.
  const patchelf = [join(draft, loader), '--library-path', libraries(draft), join(draft, 'usr/bin/patchelf')];
  const [command, ...prefix] = patchelf;
  for (const program of programs) {
    run(command, [...prefix, '--set-interpreter', join(root, loader), program]);
    run(command, [...prefix, '--force-rpath', '--set-rpath', libraries(root), program]);
  }
}
