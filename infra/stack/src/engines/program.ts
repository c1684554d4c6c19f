/** Ways to a store's server program: on PATH, built with Go, or from Debian. */
import { join } from 'node:path';
import { findProgram, isProgram, runProgram, versionOf } from '../local/programs.ts';
import { type ServerSpec, startLocal } from '../local/server.ts';
import type { StartOptions } from '../options.ts';
import { buildOnce, cached, withLock } from './cache.ts';
import type { Way } from './way.ts';

const buildMs = 10 * 60_000;

/** A server program, and how to run it. */
export interface Program {
  name: string;
  options: StartOptions;
  spec(file: string, engine: string): ServerSpec;
  /** What prints its version; `--version` by default. */
  versionArgs?: string[];
}

/** A Go module's command at a pinned version. */
export interface GoModule {
  path: string;
  version: string;
}

export function onPath(program: Program): Way {
  const { name } = program;
  const find = () => {
    const file = findProgram(name, environmentOf(program));
    if (!file) throw new Error(`${name} is not on PATH`);
    return file;
  };
  return {
    source: 'path',
    check: async () => describe(program, find()),
    prepare: async () => starter(program, find()),
  };
}

/** What an earlier run has built. */
export function inCache(program: Program, module: GoModule): Way {
  const find = () => {
    const folder = cached(keyOf(program, module), environmentOf(program));
    const file = folder && join(folder, program.name);
    if (!file || !isProgram(file)) throw new Error(`${program.name} ${module.version} was not built before`);
    return file;
  };
  return {
    source: 'cache',
    async check() {
      find();
      return `${program.name} ${module.version}`;
    },
    prepare: async () => builtStarter(program, module, find()),
  };
}

/** `go install`, about a minute the first time. */
export function withGo(program: Program, module: GoModule): Way {
  const environment = environmentOf(program);
  const { name } = program;
  const findGo = () => {
    const go = findProgram('go', environment);
    if (!go) throw new Error(`${name} ${module.version} cannot be built: go is not on PATH`);
    return go;
  };
  return {
    source: 'build',
    async check() {
      findGo();
      return `${name} ${module.version} (built with Go)`;
    },
    async prepare() {
      const go = findGo();
      const folder = await buildOnce(keyOf(program, module), environment, async (draft) => {
        program.options.notice?.(`building ${name} ${module.version} with Go, about a minute`);
        const env = { ...environment, GOBIN: draft };
        await runProgram(go, ['install', `${module.path}@v${module.version}`], {
          env,
          timeoutMs: buildMs,
        }).catch((error: Error) => {
          throw new Error(`go install of ${name} ${module.version} failed: ${error.message}`, {
            cause: error,
          });
        });
      });
      return builtStarter(program, module, join(folder, name));
    },
  };
}

/** Debian's package, where this process may install it. */
export function fromDebian(program: Program, debianPackage: string): Way {
  const environment = environmentOf(program);
  const findApt = () => {
    const apt = findProgram('apt-get', environment);
    if (!apt) throw new Error(`Debian's ${debianPackage} cannot be installed: there is no apt-get`);
    if (process.getuid?.() !== 0) throw new Error(`Debian's ${debianPackage} can only be installed by root`);
    return apt;
  };
  const install = async (apt: string) => {
    program.options.notice?.(`installing Debian's ${debianPackage}`);
    const env = { ...environment, DEBIAN_FRONTEND: 'noninteractive' };
    const run = (...args: string[]) => runProgram(apt, args, { env, timeoutMs: buildMs });
    await run('update');
    const wait = ['-o', 'DPkg::Lock::Timeout=300'];
    await run(...wait, 'install', '-y', '--no-install-recommends', debianPackage);
  };
  return {
    source: 'apt',
    async check() {
      findApt();
      return `${program.name} (Debian's package)`;
    },
    async prepare() {
      const apt = findApt();
      const file = await withLock('apt', environment, async () => {
        // Somebody else may have installed it meanwhile.
        if (!findProgram(program.name, environment)) {
          await install(apt).catch((error: Error) => {
            throw new Error(`apt-get install ${debianPackage} failed: ${error.message}`, { cause: error });
          });
        }
        return findProgram(program.name, environment);
      });
      if (!file) throw new Error(`Debian's ${debianPackage} brought no ${program.name}`);
      return starter(program, file);
    },
  };
}

function environmentOf(program: Program): NodeJS.ProcessEnv {
  return program.options.environment ?? process.env;
}

function keyOf({ name }: Program, { version }: GoModule): string {
  return `${name}-${version}`;
}

async function describe({ name, versionArgs }: Program, file: string): Promise<string> {
  return `${name} ${await versionOf(file, versionArgs)}`.trimEnd();
}

async function starter(program: Program, file: string) {
  const spec = program.spec(file, await describe(program, file));
  return () => startLocal(spec, program.options);
}

/** What Go installs does not always know its own version. */
function builtStarter(program: Program, { version }: GoModule, file: string) {
  const spec = program.spec(file, `${program.name} ${version}`);
  return () => startLocal(spec, program.options);
}
