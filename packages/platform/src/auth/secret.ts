/** The signing secret of an installation that was given none: random, made once, kept in the data directory. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Reads the secret of this data directory, or makes it; only the owner may read the file. */
export async function installationSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'jwt-secret');
  await mkdir(dataDir, { recursive: true });
  const known = await read(file);
  const secret = known ?? (await make(file));
  if (secret.length < 32) throw new Error(`${file} is damaged: delete it, and everyone signs in again`);
  return secret;
}

async function read(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all: another process that starts at the same time must not read half of it. The first one wins. */
async function make(file: string): Promise<string> {
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(own, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx' });
    await link(own, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(own, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}
