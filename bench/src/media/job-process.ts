import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endFamily, forkScript, isStopping, type Running, track, untrack } from '../children.ts';
import { descendants, type ProcStat } from '../procfs.ts';
import type { JobAnswer, JobCall } from './jobs.ts';
import type { JobMethods } from './protocol.ts';

const stopWithinMs = 10_000;

/** A process for one job, with a folder of its own; both are gone when it is stopped, and what stems from the process too. */
export class JobProcess implements Running {
  readonly folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  #child: ChildProcess | null = null;
  #family: ProcStat[] = [];
  #ending: Promise<void> | null = null;

  constructor() {
    // PostgreSQL refuses to run as root and is started as another user, who must be able to enter.
    chmodSync(this.folder, 0o755);
    track(this);
  }

  /** Errors: those of the job. */
  async run<M extends keyof JobMethods>(
    method: M,
    params: JobMethods[M]['params'],
  ): Promise<JobMethods[M]['result']> {
    if (isStopping()) throw new Error('interrupted');
    const child = forkScript('./media/jobs.ts');
    this.#child = child;
    child.send({ method, params } satisfies JobCall<M>);
    // While it works, a PostgreSQL or image processes stem from it that must end with it.
    const watching = setInterval(() => {
      if (child.pid !== undefined && child.exitCode === null) this.#family = descendants(child.pid);
    }, 500);
    try {
      const [answer] = (await Promise.race([
        once(child, 'message'),
        once(child, 'exit').then(([code]) => Promise.reject(new Error(`${method} ended with ${code}`))),
      ])) as [JobAnswer];
      if ('error' in answer) throw new Error(answer.error);
      return answer.result as JobMethods[M]['result'];
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
    rmSync(this.folder, { recursive: true, force: true });
    untrack(this);
  }
}
