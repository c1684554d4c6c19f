// Under which account PostgreSQL runs. It refuses to run as root, so root has to lend it another one.
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Binaries } from './binaries.ts';

/** An account to run PostgreSQL's programs under. */
export interface Account {
  /** Who must own the data directory; undefined when it is the one this process runs under. */
  owner?: { uid: number; gid: number };
  /** Starts a program under this account, with only what it needs of our environment. */
  spawn(program: string, args: string[], options?: SpawnOptions): ChildProcess;
}

interface Owner {
  uid: number;
  gid: number;
}

/**
 * Chooses the account: our own unless that is root's. For root it is the owner of an existing data directory, else
 * the system's user postgres, which is created when missing, else nobody.
 *
 * @param dataDir the data directory, which need not exist; its parent must
 * @throws {Error} when the directory belongs to another user, or root cannot switch to an account that reaches the
 *   programs and the directory; the message says what to do
 */
export function chooseAccount(binaries: Binaries, dataDir: string): Account {
  const existing = statSync(dataDir, { throwIfNoEntry: false });
  const self = process.getuid?.();
  if (self !== 0) {
    if (existing && self !== undefined && existing.uid !== self) {
      throw new Error(
        `The data directory ${dataDir} belongs to another user (${existing.uid}), as after a start as root. Start ` +
          'Parley as before, give the directory to this user, or set PARLEY_DATA_DIR to another place.',
      );
    }
    return { spawn: spawner([], {}) };
  }
  const kept = existing?.uid ? { uid: existing.uid, gid: existing.gid } : undefined;
  const owner = kept ?? findUser('postgres') ?? createUser() ?? findUser('nobody');
  if (!owner) throw new Error(`PostgreSQL does not run as root, and there is no other user here. ${advice}`);

  const plain: Launch = { prefix: [], options: owner };
  if (reaches(plain, binaries, dataDir) === '') return { owner, spawn: spawner([], owner) };
  // A directory above the programs or the data is closed to that user (/root, or one made by mktemp -d). The one
  // capability that opens it goes along, and only then. access(2) ignores capabilities of users other than root
  // unless the securebit is set, and PostgreSQL's programs ask access(2) where they are.
  const prefix = [
    'setpriv',
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--securebits=+no_setuid_fixup',
    '--',
  ];
  const problem = reaches({ prefix, options: {} }, binaries, dataDir);
  if (problem === '') return { owner, spawn: spawner(prefix, {}) };
  throw new Error(
    `PostgreSQL does not run as root, and user ${owner.uid}, which it would run as, cannot use its programs ` +
      `(${binaries.postgres}) or the data directory (${dataDir}): ${problem}. ${advice}`,
  );
}

const advice =
  'Start Parley as an ordinary user, set PARLEY_DATA_DIR to a directory under one that all users may enter (and move ' +
  'the program there too), or set DATABASE_URL to use a PostgreSQL of your own.';

interface Launch {
  prefix: string[];
  options: SpawnOptions;
}

function spawner(prefix: string[], identity: SpawnOptions): Account['spawn'] {
  return (program, args, options) => {
    const [command = program, ...rest] = [...prefix, program, ...args];
    return spawn(command, rest, { cwd: '/', env: environment(), ...identity, ...options });
  };
}

/** Without the PG* variables, which would change what the programs do; messages in English, as they are searched. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

/** Tries whether an account gets at everything; '' when it does, else why not. */
function reaches({ prefix, options }: Launch, { postgres, template }: Binaries, dataDir: string): string {
  const script = 'cd "$1" && test -r "$2" && exec "$3" -V';
  const line = [...prefix, '/bin/sh', '-c', script, 'sh', dirname(dataDir), template, postgres];
  const [command = '', ...args] = line;
  const { status, error, stderr } = spawnSync(command, args, {
    ...options,
    cwd: '/',
    env: environment(),
    encoding: 'utf8',
  });
  if (status === 0) return '';
  return error?.message ?? (stderr.trim() || 'permission denied');
}

function findUser(name: string): Owner | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (!line) return undefined;
  // Name, password, uid, gid, ...; macOS writes nobody's as -2.
  const [, , uid, gid] = line.split(':').map((field) => Number(field) >>> 0);
  return uid ? { uid, gid: gid ?? uid } : undefined;
}

function createUser(): Owner | undefined {
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  const { status } = spawnSync('useradd', [...options, '--shell', '/usr/sbin/nologin', 'postgres']);
  return status === 0 ? findUser('postgres') : undefined;
}
