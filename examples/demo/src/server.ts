/** The server that the demo talks to: one that runs, or one of its own that ends with it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface DemoServer {
  url: string;
  /** Null where the server was running before. */
  own: boolean;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../../../apps/standalone/src/main.ts', import.meta.url));

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) });
    return response.ok;
  } catch {
    return false;
  }
}

/** Finds the server. Errors: an `Error` where the one asked for does not answer, or its own does not start. */
export async function findServer(url: string | null): Promise<DemoServer> {
  const stop = async () => undefined;
  if (url !== null) {
    if (!(await answers(url))) throw new Error(`no Parley answers at ${url}`);
    return { url, own: false, stop };
  }
  const usual = `http://127.0.0.1:${process.env.PORT || 8080}`;
  if (await answers(usual)) return { url: usual, own: false, stop };
  return startOwn();
}

async function startOwn(): Promise<DemoServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-demo-'));
  const child = spawn(process.execPath, [program], {
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      PARLEY_DATA_DIR: dataDir,
      OTP_ECHO: 'true',
      RATE_LIMIT_SCALE: '0',
      LOG_LEVEL: 'warn',
      NODE_ENV: 'development',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const match = /Chat +(http:\S+)/.exec(output);
      if (match) resolve(match[1] as string);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`the server did not start:\n${output}`)));
  });
  return {
    url,
    own: true,
    async stop() {
      child.kill('SIGTERM');
      await gone;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The code that a server "sent": from the answer where it echoes codes, else from its dev inbox. */
export async function readCode(url: string, phone: string, echoed: string | undefined): Promise<string> {
  if (echoed !== undefined) return echoed;
  const response = await fetch(`${url}/dev/inbox`, { headers: { accept: 'application/json' } });
  if (response.ok) {
    const { items } = (await response.json()) as { items: { to: string; code: string | null }[] };
    const code = items.find((item) => item.to === phone)?.code;
    if (code) return code;
  }
  throw new Error(
    'this server sends codes to real phones: the demo needs one with a dev inbox, or with OTP_ECHO=true',
  );
}
