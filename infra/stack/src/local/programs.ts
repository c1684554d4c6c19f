/** Programs on this machine. */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian keeps servers in sbin, which is not on everybody's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Where a program is; undefined when it is not on PATH. */
export function findProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const path = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const folders = path.length > 0 ? [...path, ...systemFolders] : [];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * The version that a program tells.
 *
 * @returns `7.0.15`, or '' when it does not say
 */
export async function versionOf(program: string, args: string[] = ['--version']): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, { timeout: 20_000 });
    return /\d+\.\d+(\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? '';
  } catch {
    return '';
  }
}

/** Runs a program to its end. Rejects with what it printed when it fails. */
export async function runProgram(
  program: string,
  args: string[],
  { env, timeoutMs }: { env: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<string> {
  try {
    const { stdout } = await run(program, args, { env, timeout: timeoutMs, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stderr, stdout, message, killed } = error as Error & {
      stderr?: string;
      stdout?: string;
      killed?: boolean;
    };
    const printed = `${stderr ?? ''}${stdout ?? ''}`.trim().split('\n').slice(-5).join('\n');
    throw new Error(killed ? `it took longer than ${timeoutMs / 1000} s` : printed || message, {
      cause: error,
    });
  }
}
