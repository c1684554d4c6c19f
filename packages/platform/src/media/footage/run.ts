/** Running a program on a file that nobody vouches for: in bounded time, memory and output, and after everything else. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { bareEnvironment, niceness } from '../child.ts';

export interface RunLimits {
  /** Milliseconds from start to end. */
  wallMs: number;
  /** Of processor time. */
  cpuSeconds: number;
  addressBytes: number;
  /** Of each file it writes. */
  fileBytes: number;
}

/** Bytes of its answer, and of what it complains, that are kept. More answer than that ends it. */
const maxAnswer = 2 ** 20;
const keptComplaint = 2000;

/**
 * The shell sets the limits (POSIX ulimit) and becomes the program. Names and arguments come as its parameters, so nothing in them is ever read
 * as a command. A limit that the system does not have is left out; the time limit always holds.
 */
const limited = ['ulimit -c 0', 'ulimit -t "$1"', 'ulimit -v "$2"', 'ulimit -f "$3"'].map(
  (limit) => `${limit} 2>/dev/null`,
);
/**
 * Priority counts among the processes of a session, and Linux shares the processor between sessions first (sched(7), autogroup): a session of
 * its own would be this program's equal however low its priority.
 */
const yielding = `echo ${niceness} 2>/dev/null >/proc/self/autogroup`;
// From inside: what is set from outside comes after the program has begun.
const script = [
  ...limited,
  `{ ${yielding}; } 2>/dev/null || :`,
  'shift 3',
  `exec nice -n ${niceness} "$@"`,
].join('; ');
const [kibibyte, block] = [1024, 512];

/** Runs programs; ends those that still run with `close()` and with this process. */
export class Programs {
  readonly #running = new Set<ChildProcess>();
  readonly #onExit = () => this.#killAll();
  #closed = false;

  /** What it writes to its standard output. Rejects where it ends otherwise than well, or had to be ended. */
  async run(program: string, args: readonly string[], limits: RunLimits): Promise<string> {
    if (this.#closed) throw new Error('it is closed');
    const child = start(program, args, limits);
    this.#keep(child);
    try {
      return await outcome(child, limits.wallMs);
    } finally {
      kill(child);
      this.#forget(child);
    }
  }

  close(): void {
    this.#closed = true;
    this.#killAll();
  }

  #keep(child: ChildProcess): void {
    if (this.#running.size === 0) process.on('exit', this.#onExit);
    this.#running.add(child);
  }

  #forget(child: ChildProcess): void {
    this.#running.delete(child);
    if (this.#running.size === 0) process.off('exit', this.#onExit);
  }

  #killAll(): void {
    for (const child of this.#running) kill(child);
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function start(program: string, args: readonly string[], limits: RunLimits): Child {
  const { cpuSeconds, addressBytes, fileBytes } = limits;
  const numbers = [cpuSeconds, Math.floor(addressBytes / kibibyte), Math.ceil(fileBytes / block)].map(String);
  const [command, parameters] =
    process.platform === 'win32'
      ? [program, args]
      : ['/bin/sh', ['-c', script, 'sh', ...numbers, program, ...args]];
  return spawn(command, parameters, {
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that all it may have started ends with it, and Ctrl-C is Parley's to handle.
    detached: process.platform !== 'win32',
  });
}

function outcome(child: Child, wallMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  return new Promise<string>((resolve, reject) => {
    let answer = '';
    let complaint = '';
    timer = setTimeout(() => reject(new Error(`it did not end within ${wallMs} ms`)), wallMs);
    child.stdout.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
      if (answer.length > maxAnswer) reject(new Error('it wrote too much'));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-keptComplaint);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(answer);
      else reject(new ProgramFailed(signal ?? `exit code ${code}`, complaint));
    });
  }).finally(() => clearTimeout(timer));
}

/** `complaint` may quote the file: it is for tests and debugging, never for a log. */
export class ProgramFailed extends Error {
  readonly complaint: string;

  constructor(reason: string, complaint: string) {
    super(`it ended with ${reason}`);
    this.complaint = complaint;
  }
}

function kill(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in this moment.
  }
}
