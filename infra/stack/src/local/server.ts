/** A store's server as a child process on 127.0.0.1: started, stopped, frozen and started again on the same port and data. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartOptions } from '../options.ts';
import type { RunningStore, StoreName } from '../types.ts';
import { freeze } from './freeze.ts';
import { Guard } from './guard.ts';
import { Output } from './output.ts';
import { freePort } from './port.ts';

const pollMs = 20;
const portAttempts = 5;
/** How long an orderly end may take before SIGKILL. */
const orderlyMs = 10_000;
const readyMs = 30_000;

/** How a kind of server is run. */
export interface ServerSpec {
  name: StoreName;
  engine: string;
  command: string;
  args(port: number, dataDir: string): string[];
  env?: NodeJS.ProcessEnv;
  url(port: number): string;
  variables(port: number): Record<string, string>;
  /** What it prints once it listens, where its answer could be taken for that of another server on the port. */
  listening?: RegExp;
  /** Rejects while the server does not answer in its own protocol. */
  probe(port: number, pid: number): Promise<void>;
  /** What it prints when its port is taken. */
  portTaken: RegExp;
}

/**
 * Starts a server and waits until it answers.
 *
 * @throws {Error} with the server's last lines when it ends or does not answer within `readyMs`
 */
export async function startLocal(spec: ServerSpec, options: StartOptions): Promise<LocalServer> {
  const server = new LocalServer(spec, options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

export class LocalServer implements RunningStore {
  readonly name: StoreName;
  readonly engine: string;
  readonly #spec: ServerSpec;
  readonly #options: StartOptions;
  readonly #dataDir: string;
  readonly #guard: Guard;
  readonly #output: Output;
  #port: number;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #expected = false;
  #paused = false;

  constructor(spec: ServerSpec, options: StartOptions) {
    this.name = spec.name;
    this.engine = spec.engine;
    this.#spec = spec;
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#output = new Output(options.log);
    const temporary = options.dataDir === undefined;
    this.#dataDir = resolve(options.dataDir ?? mkdtempSync(join(tmpdir(), `parley-${spec.name}-`)));
    if (!temporary) mkdirSync(this.#dataDir, { recursive: true });
    else chmodSync(this.#dataDir, 0o700);
    this.#guard = new Guard({
      signal: temporary ? 'KILL' : 'TERM',
      directory: temporary ? this.#dataDir : null,
    });
  }

  get url(): string {
    return this.#spec.url(this.#port);
  }

  get env(): Readonly<Record<string, string>> {
    return this.#spec.variables(this.#port);
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** The TCP port on 127.0.0.1. */
  get port(): number {
    return this.#port;
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  async start(): Promise<void> {
    if (this.#child) return;
    // The first start chooses the port; later ones must get the same, which somebody may hold for a moment.
    const chosen = this.#port !== 0;
    const deadline = performance.now() + (this.#options.readyMs ?? readyMs);
    for (let attempt = 1; ; attempt++) {
      if (!chosen) this.#port = await freePort();
      const output = await this.#run(deadline);
      if (output === null) return;
      const again = chosen ? performance.now() < deadline : attempt < portAttempts;
      if (!this.#spec.portTaken.test(output) || !again) throw this.#failure('ended at once');
      if (chosen) await sleep(pollMs * 5);
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#expected = true;
    child.kill(signal);
    if (this.#paused) this.resume();
    const timer = setTimeout(() => child.kill('SIGKILL'), orderlyMs);
    await this.#exited;
    clearTimeout(timer);
  }

  pause(): void {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.name} does not run`);
    this.#paused = true;
    freeze(pid);
  }

  resume(): void {
    this.#paused = false;
    this.#child?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nobody needs what is in a temporary directory.
    await this.stop(this.#options.dataDir === undefined ? 'SIGKILL' : 'SIGTERM');
    this.#guard.release();
  }

  /** @returns null when it answers, or what it printed when it ended instead */
  async #run(deadline: number): Promise<string | null> {
    const { command, args, env } = this.#spec;
    const child = spawn(command, args(this.#port, this.#dataDir), {
      // Ctrl-C must not reach it: the programs that use it end first.
      detached: true,
      cwd: this.#dataDir,
      env: env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = new Output((line) => this.#output.add(line));
    output.follow(child);
    await once(child, 'spawn');
    this.#child = child;
    this.#expected = false;
    this.#paused = false;
    this.#guard.watch(child.pid ?? null);
    let ready = false;
    this.#exited = once(child, 'close').then(([code, signal]) => {
      this.#child = undefined;
      this.#guard.watch(null);
      if (ready && !this.#expected)
        this.#options.onExit?.({ name: this.name, pid: child.pid ?? 0, code, signal });
    });
    while (this.#child === child) {
      const { listening } = this.#spec;
      ready =
        (!listening || listening.test(String(output))) &&
        (await this.#spec.probe(this.#port, child.pid ?? 0).then(
          () => this.#child === child,
          () => false,
        ));
      if (ready) return null;
      if (performance.now() > deadline) {
        await this.stop('SIGKILL');
        throw this.#failure('did not answer in time');
      }
      await sleep(pollMs);
    }
    return String(output);
  }

  #failure(what: string): Error {
    return new Error(`${this.engine} ${what}. Its last lines:\n${String(this.#output) || '(none)'}`);
  }
}
