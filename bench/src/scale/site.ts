import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endFamily, forkScript, isStopping, type Running, track, untrack } from '../children.ts';
import { callApi, mapLimit, signIn } from '../load/http-api.ts';
import { requestBytes } from '../load/http-request.ts';
import { descendants, type ProcStat } from '../procfs.ts';
import { OwnServer } from '../server.ts';
import type { FillJob, Landmarks } from './fill.ts';
import { people, phoneOf } from './plan.ts';
import type { Ask } from './requests.ts';

const stopWithinMs = 20_000;

/** A filled standalone server. */
export class ScaleSite {
  readonly landmarks: Landmarks;
  readonly #server: OwnServer;
  readonly #folder: OwnFolder;
  readonly #tokens = new Map<number, string>();
  /** Of the collector's second page of chats. */
  cursor = '';

  private constructor(server: OwnServer, folder: OwnFolder, landmarks: Landmarks) {
    this.#server = server;
    this.#folder = folder;
    this.landmarks = landmarks;
  }

  /** Fills a data directory of its own, then starts a server on it. */
  static async start(
    root: string,
    entry: string,
    job: Omit<FillJob, 'postgresDir'>,
    settings: Record<string, string>,
    onFilled: (landmarks: Landmarks) => void,
  ): Promise<ScaleSite> {
    const folder = new OwnFolder();
    try {
      const landmarks = await folder.fill(job);
      onFilled(landmarks);
      const server = await OwnServer.start(root, entry, {
        ...settings,
        PARLEY_DATA_DIR: folder.dataDir,
        ...(job.mongoUrl ? { MONGO_URL: job.mongoUrl } : {}),
      });
      return new ScaleSite(server, folder, landmarks);
    } catch (error) {
      await folder.stop();
      throw error;
    }
  }

  get url(): string {
    return this.#server.url;
  }

  log(): string {
    return this.#server.log();
  }

  /** The bytes of a request; its user must be signed in. */
  bytes({ method, path, user, body }: Ask): Buffer {
    const token = this.#tokens.get(user);
    if (token === undefined) throw new Error('a request of somebody who is not signed in');
    return requestBytes(this.url, method, `/api/v1${path}`, token, body);
  }

  /** `data` of the answer. Errors: anything but success. */
  call<T>({ method, path, user, body }: Ask): Promise<T> {
    return callApi<T>(this.url, method, path, body, this.#tokens.get(user));
  }

  /** Signs users in anew: tokens live for 15 minutes. */
  async signIn(users: readonly number[]): Promise<void> {
    await mapLimit(users.length, 8, async (index) => {
      const user = users[index] as number;
      this.#tokens.set(user, (await signIn(this.url, phoneOf(user))).token);
    });
  }

  /** What requests need beyond what the filling knows. */
  async prepare(): Promise<void> {
    await this.signIn([people.reader, people.collector]);
    const list: Ask = { method: 'GET', path: '/chats', user: people.collector };
    this.cursor = (await this.call<{ next_cursor: string | null }>(list)).next_cursor ?? '';
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await this.#folder.stop();
  }
}

/** A temporary folder for a server's data, and the process that fills it. */
class OwnFolder implements Running {
  readonly #folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  #child: ChildProcess | null = null;
  #family: ProcStat[] = [];
  #ending: Promise<void> | null = null;

  constructor() {
    // PostgreSQL refuses to run as root and is started as another user, who must be able to enter.
    chmodSync(this.#folder, 0o755);
    track(this);
  }

  get dataDir(): string {
    return join(this.#folder, 'data');
  }

  async fill(job: Omit<FillJob, 'postgresDir'>): Promise<Landmarks> {
    if (isStopping()) throw new Error('interrupted');
    const child = forkScript('./scale/filler.ts');
    this.#child = child;
    child.send({ ...job, postgresDir: join(this.dataDir, 'postgres') } satisfies FillJob);
    // While it fills, a PostgreSQL stems from it that must end with it.
    const watching = setInterval(() => {
      if (child.pid !== undefined && child.exitCode === null) this.#family = descendants(child.pid);
    }, 500);
    try {
      const [answer] = (await Promise.race([
        once(child, 'message'),
        once(child, 'exit').then(([code]) => Promise.reject(new Error(`filling ended with ${code}`))),
      ])) as [{ result: Landmarks } | { error: string }];
      if ('error' in answer) throw new Error(answer.error);
      if (child.exitCode === null) await once(child, 'exit');
      return answer.result;
    } finally {
      clearInterval(watching);
    }
  }

  stop(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    if (this.#child) await endFamily(this.#child, this.#family, stopWithinMs);
    rmSync(this.#folder, { recursive: true, force: true });
    untrack(this);
  }
}
