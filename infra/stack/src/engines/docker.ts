/**
 * The stores of docker-compose.yml. Where data is to be kept it is the `dev` profile's service itself, with its port and
 * its volume; otherwise a container of its own from that service, on a free port and with volumes that go with it.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../local/port.ts';
import { findProgram, runProgram } from '../local/programs.ts';
import type { StartOptions } from '../options.ts';
import type { RunningStore, StoreName } from '../types.ts';
import type { Way } from './way.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const composeFile = join(root, 'docker-compose.yml');
const infoMs = 10_000;
/** An image may have to be fetched. */
const startMs = 5 * 60_000;
const pollMs = 200;

/** A service of the profile `dev`. */
export interface DockerService {
  name: StoreName;
  options: StartOptions;
  /** `redis-dev` */
  service: string;
  /** Inside of the container; the profile publishes the same. */
  port: number;
  url(port: number): string;
  variables(port: number): Record<string, string>;
}

export function fromDocker(service: DockerService): Way {
  const environment = service.options.environment ?? process.env;
  const find = async () => {
    const docker = findProgram('docker', environment);
    if (!docker) throw new Error('docker is not on PATH');
    if (!existsSync(composeFile)) throw new Error('there is no docker-compose.yml');
    await runProgram(docker, ['info'], { env: environment, timeoutMs: infoMs }).catch((error: Error) => {
      throw new Error('Docker is installed, but `docker info` fails', { cause: error });
    });
    return docker;
  };
  return {
    source: 'docker',
    async check() {
      await find();
      return `${service.service} of docker-compose.yml`;
    },
    async prepare() {
      const docker = await find();
      const store = new DockerStore(docker, service, service.options.port ?? (await freePort()));
      try {
        await store.start();
      } catch (error) {
        await store[Symbol.asyncDispose]();
        throw new Error(`${service.service} does not start: ${(error as Error).message}`, { cause: error });
      }
      return async () => store;
    },
  };
}

class DockerStore implements RunningStore {
  readonly name: StoreName;
  readonly engine: string;
  readonly url: string;
  readonly pid = null;
  readonly env: Readonly<Record<string, string>>;
  readonly #docker: string;
  readonly #service: DockerService;
  readonly #port: number;
  readonly #environment: NodeJS.ProcessEnv;
  /** Null for the profile's own service. */
  readonly #container: string | null;
  #created = false;

  constructor(docker: string, service: DockerService, port: number) {
    const { options } = service;
    this.#docker = docker;
    this.#service = service;
    this.#environment = options.environment ?? process.env;
    const kept = options.dataDir !== undefined;
    this.#container = kept ? null : `parley-test-${randomBytes(6).toString('hex')}`;
    this.#port = kept ? service.port : port;
    this.name = service.name;
    this.engine = `${service.service} in Docker`;
    this.url = service.url(this.#port);
    this.env = service.variables(this.#port);
  }

  async start(): Promise<void> {
    const { service, port } = this.#service;
    const container = this.#container;
    if (container === null) return this.#run([...this.#compose(), 'up', '--detach', '--wait', service]);
    if (this.#created) {
      await this.#run(['start', container]);
    } else {
      this.#created = true;
      const publish = ['--publish', `127.0.0.1:${this.#port}:${port}`];
      await this.#run([...this.#compose(), 'run', '--detach', '--name', container, ...publish, service]);
    }
    await this.#healthy(container);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const what = signal === 'SIGTERM' ? ['stop'] : ['kill', '--signal', signal];
    await this.#run(this.#command(what));
  }

  pause(): void {
    this.#now('pause');
  }

  resume(): void {
    this.#now('unpause');
  }

  /** Removes a container of its own. The profile's service goes on: others may use it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#container === null || !this.#created) return;
    // Its network and volumes have its name, too.
    await this.#run(['rm', '--force', '--volumes', this.#container]).catch(() => {});
    await this.#run([...this.#compose(), 'down', '--volumes', '--remove-orphans']).catch(() => {});
  }

  #compose(): string[] {
    const project = this.#container === null ? [] : ['--project-name', this.#container];
    return ['compose', '--file', composeFile, ...project, '--profile', 'dev'];
  }

  #command(what: string[]): string[] {
    return this.#container === null
      ? [...this.#compose(), ...what, this.#service.service]
      : [...what, this.#container];
  }

  #now(what: string): void {
    execFileSync(this.#docker, this.#command([what]), { env: this.#environment, stdio: 'ignore' });
  }

  async #run(args: string[]): Promise<void> {
    await runProgram(this.#docker, args, { env: this.#environment, timeoutMs: startMs });
  }

  async #healthy(container: string): Promise<void> {
    const ask = ['inspect', '--format', '{{.State.Health.Status}}', container];
    const deadline = performance.now() + startMs;
    for (;;) {
      const state = await runProgram(this.#docker, ask, { env: this.#environment, timeoutMs: infoMs });
      if (state.trim() === 'healthy') return;
      if (state.trim() === 'unhealthy' || performance.now() > deadline) throw new Error('it is not healthy');
      await sleep(pollMs);
    }
  }
}
