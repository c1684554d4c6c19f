/** One program of Parley as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Guard } from '../local/guard.ts';
import { Output } from '../local/output.ts';

export type ProgramKind = 'api' | 'realtime' | 'workers';

const readyMs = 60_000;
/** The programs allow themselves 10 s (SHUTDOWN_SECONDS). */
const stopMs = 12_000;

export interface ProgramOptions {
  kind: ProgramKind;
  /** From 1. */
  number: number;
  /** The file that Node runs. */
  entry: string;
  /** All of its environment. With PORT=0 a restart gets the port that the first start got. */
  environment: NodeJS.ProcessEnv;
  log: (line: string) => void;
}

/** What a program tells its parent once it is ready. */
interface ReadyMessage {
  ready: { url?: string };
}

export class Program {
  readonly kind: ProgramKind;
  /** For people: `realtime 2`. */
  readonly title: string;
  readonly #options: ProgramOptions;
  readonly #guard = new Guard({ signal: 'TERM', directory: null });
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #expected = false;
  #url: string | null = null;

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.kind = options.kind;
    this.title = `${options.kind} ${options.number}`;
  }

  /** Null while it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Where it listens; null for workers. */
  get url(): string | null {
    return this.#url;
  }

  /** Resolves when it has ended; at once when it does not run. */
  get exited(): Promise<unknown> {
    return this.#exited;
  }

  /**
   * Starts it and waits until it says that it is ready.
   *
   * @throws {Error} with its last lines when it ends, or is not ready within a minute
   */
  async start(): Promise<void> {
    if (this.#child) return;
    const { entry, environment, log } = this.#options;
    const port = this.#url === null ? undefined : new URL(this.#url).port;
    const child = spawn(process.execPath, [entry], {
      // Ctrl-C must not reach it: it is asked to end before its stores are.
      detached: true,
      env: { ...environment, ...(port && { PORT: port }) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const output = new Output((line) => log(`[${this.title}] ${line}`));
    output.follow(child);
    this.#child = child;
    this.#expected = false;
    this.#exited = once(child, 'close').then(([code, signal]) => {
      this.#child = undefined;
      this.#guard.watch(null);
      if (!this.#expected)
        log(`${this.title} (process ${child.pid}) ended by itself: ${signal ?? `exit code ${code}`}`);
    });
    this.#guard.watch(child.pid ?? null);
    const problem = await this.#ready(child);
    if (problem === null) return;
    await this.stop('SIGKILL');
    throw new Error(`${this.title} ${problem}. Its last lines:\n${String(output) || '(none)'}`);
  }

  /** Sends a signal. Unlike `stop` it does not wait, and an end by it is reported as unexpected. */
  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it: SIGTERM unless told otherwise, after 12 s SIGKILL. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#expected = true;
    child.kill(signal);
    child.kill('SIGCONT');
    const timer = setTimeout(() => {
      this.#options.log(`${this.title} has not ended within ${stopMs / 1000} s and is killed`);
      child.kill('SIGKILL');
    }, stopMs);
    await this.#exited;
    clearTimeout(timer);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** @returns null once it is ready, else what is wrong */
  #ready(child: ChildProcess): Promise<string | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(`was not ready within ${readyMs / 1000} s`), readyMs);
      const done = (problem: string | null) => {
        clearTimeout(timer);
        resolve(problem);
      };
      child.on('message', (message: unknown) => {
        if (!isReady(message)) return;
        this.#url = message.ready.url ?? null;
        done(null);
      });
      // The last line comes before 'close'.
      child.once('close', (code, signal) =>
        done(`ended before it was ready (${signal ?? `exit code ${code}`})`),
      );
      child.once('error', (error) => done(`could not be run: ${error.message}`));
    });
  }
}

function isReady(message: unknown): message is ReadyMessage {
  if (typeof message !== 'object' || message === null || !('ready' in message)) return false;
  return typeof message.ready === 'object' && message.ready !== null;
}
