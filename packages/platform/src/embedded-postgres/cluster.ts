// The data directory: how it is created, and the password to what is in it.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';

/** The database, and the superuser that owns it. */
export const database = 'parley';
export const user = 'parley';

// Passwords only, and from this machine only.
const accessRules = `host all all 127.0.0.1/32 scram-sha-256\n`;

/**
 * Makes sure that there is a complete data directory with our database and user, owned by the account.
 *
 * The password is kept in `<dataDir>.password`. It is written last, so whenever the directory is complete and the
 * file is missing (killed in between, or lost), the password is set anew.
 *
 * @returns the user's password
 * @throws {Error} when the directory holds something else, or a program of PostgreSQL fails
 */
export async function ensureCluster(account: Account, binaries: Binaries, dataDir: string): Promise<string> {
  const passwordFile = `${dataDir}.password`;
  removeUnfinished(dataDir);
  const exists = isCluster(dataDir);
  if (exists) ensureOwner(account, dataDir);
  const known = readPassword(passwordFile);
  if (exists && known) return known;

  // 192 random bits in characters that need no escaping, in SQL or in a URL.
  const password = known ?? randomBytes(24).toString('base64url');
  const setPassword = `ALTER ROLE ${user} PASSWORD '${password}'`;
  if (exists) await singleUser(account, binaries, dataDir, [setPassword]);
  else await create(account, binaries, dataDir, [`CREATE DATABASE ${database}`, setPassword]);
  if (!known) writePassword(passwordFile, password);
  return password;
}

/** Builds the data directory under another name: a kill on the way leaves nothing that looks like one. */
async function create(account: Account, binaries: Binaries, dataDir: string, sql: string[]): Promise<void> {
  const draft = `${dataDir}.initdb-${randomBytes(4).toString('hex')}`;
  mkdirSync(draft, { mode: 0o700 });
  try {
    if (account.owner) chownSync(draft, account.owner.uid, account.owner.gid);
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    // Nobody gets in before the rules below are in place.
    const rest = [`--username=${user}`, '--auth=reject', '--no-instructions'];
    await runToEnd(account, binaries.initdb, ['-D', draft, ...locale, ...rest]);
    writeFileSync(join(draft, 'pg_hba.conf'), accessRules, { flush: true });
    await singleUser(account, binaries, draft, sql);
    renameSync(draft, dataDir);
    syncDirectory(dirname(dataDir));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Runs statements without a server. The directory must not be in use. */
async function singleUser(
  account: Account,
  { postgres }: Binaries,
  dataDir: string,
  sql: string[],
): Promise<void> {
  const args = ['--single', '-D', dataDir, '-c', 'exit_on_error=on', '-c', 'log_checkpoints=off', 'postgres'];
  await runToEnd(account, postgres, args, `${sql.join('\n')}\n`);
}

async function runToEnd(account: Account, program: string, args: string[], input = ''): Promise<void> {
  const child = account.spawn(program, args);
  // A process.exit() of ours must not leave it working on.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    // It may end without reading; its exit code tells enough.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    const [code, signal]: unknown[] = await once(child, 'close').catch((error: NodeJS.ErrnoException) => {
      // The program is there (findBinaries has looked), so what is missing is the loader that it names.
      if (error.code !== 'ENOENT') throw error;
      throw new Error(
        `${program} cannot run here: it needs glibc. Set DATABASE_URL to a PostgreSQL of your own.`,
      );
    });
    if (code === 0) return;
    const how = signal ? `was ended by ${signal}` : `exited with ${code}`;
    throw new Error(`PostgreSQL's ${basename(program)} ${how}: ${output.trim()}`);
  } finally {
    process.off('exit', kill);
  }
}

/** Whether there is a complete data directory. Whatever else is there is left alone. */
function isCluster(dataDir: string): boolean {
  if (!existsSync(dataDir) || readdirSync(dataDir).length === 0) return false;
  if (existsSync(join(dataDir, 'PG_VERSION')) && existsSync(join(dataDir, 'global', 'pg_control')))
    return true;
  throw new Error(
    `${dataDir} is not a complete PostgreSQL data directory. Move it away, or set PARLEY_DATA_DIR to another place.`,
  );
}

/** PostgreSQL accepts only a directory of its own account, and one that others cannot read. */
function ensureOwner({ owner }: Account, dataDir: string): void {
  const { uid, mode } = statSync(dataDir);
  if (owner && uid !== owner.uid) {
    lchownSync(dataDir, owner.uid, owner.gid);
    for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
      lchownSync(join(dataDir, name), owner.uid, owner.gid);
    }
  }
  // A copy made by cp or a backup may have lost this.
  if ((mode & 0o027) !== 0) chmodSync(dataDir, 0o700);
}

/** Removes what a killed process left of create(). The caller holds the lock, so nobody is working on it. */
function removeUnfinished(dataDir: string): void {
  const prefix = `${basename(dataDir)}.initdb-`;
  for (const name of readdirSync(dirname(dataDir))) {
    if (!name.startsWith(prefix)) continue;
    try {
      rmSync(join(dirname(dataDir), name), { recursive: true, force: true });
    } catch {
      // An initdb that outlived its parent may still be writing there; the next start removes it.
    }
  }
}

function readPassword(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  return readFileSync(file, 'utf8').trim() || undefined;
}

function writePassword(file: string, password: string): void {
  const draft = `${file}.new`;
  writeFileSync(draft, `${password}\n`, { mode: 0o600, flush: true });
  renameSync(draft, file);
  syncDirectory(dirname(file));
}

function syncDirectory(dir: string): void {
  const handle = openSync(dir, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
