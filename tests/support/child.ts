/** The program that `npm start` starts, as a process of its own that a test may kill. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  /** Milliseconds from its start until it said where it listens. */
  readonly ms: number;
}

/** Starts it on a data directory; resolves when it listens. Errors: it ended before that, with what it printed. */
export async function startChild(dataDir: string, env: Record<string, string> = {}): Promise<Child> {
  const began = performance.now();
  const { PATH, HOME, XDG_CACHE_HOME } = process.env;
  const child = spawn(process.execPath, ['apps/standalone/src/main.ts'], {
    env: {
      PATH,
      HOME,
      XDG_CACHE_HOME,
      PORT: '0',
      PARLEY_DATA_DIR: dataDir,
      OTP_ECHO: 'true',
      OTP_HASH_COST: '4',
      RATE_LIMIT_SCALE: '0',
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const match = /Chat +(http:\S+)/.exec(output);
      if (match) resolve(match[1] as string);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`it ended before it was ready:\n${output}`)));
  });
  return { process: child, url, ms: performance.now() - began };
}

/** Sends a signal and waits for its end; says its exit code, null where a signal ended it. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = once(child, 'exit');
  child.kill(signal);
  const [code] = (await gone) as [number | null];
  return code;
}
