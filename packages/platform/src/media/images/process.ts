/** One image process as seen from the messaging process. */
import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Log } from '@parley/core';
import { bareEnvironment, niceness } from '../child.ts';
import type { FromImageProcess, ImageAnswer, ImageJob, ToImageProcess } from './job.ts';

const entry = fileURLToPath(new URL('./main.ts', import.meta.url));
/** A machine under load may take long to load sharp; it says nothing about an image. */
const startMs = 30_000;
/** Of the time limit one part in so many must have been spent working, or it says nothing about the image. */
const leastShare = 4;
/** Decoders leave holes in the heap. Past this, a new process is cheaper than the memory. */
const maxResidentBytes = 400 * 2 ** 20;
/** Bytes kept of what it writes to stderr: the reason why it ended. */
const keptOutput = 2000;

/** The process ended before it answered: `ready` tells whether it had come so far as to be asked. */
export class ProcessEnded extends Error {
  readonly ready: boolean;

  constructor(message: string, ready: boolean) {
    super(message);
    this.ready = ready;
  }
}

/** The answer did not come in time, and the process was killed. `starved`: the machine is at fault, which let it hardly work. */
export class TookTooLong extends Error {
  readonly starved: boolean;

  constructor(ms: number, cpuMs: number) {
    super(`no answer within ${ms} ms, of which it worked for ${Math.round(cpuMs)} ms`);
    this.starved = cpuMs < ms / leastShare;
  }
}

interface Waiting {
  id: number;
  resolve(answer: ImageAnswer): void;
  reject(error: Error): void;
}

export class ImageProcess {
  readonly #child: ChildProcess;
  readonly #log: Log;
  readonly #ready: Promise<void>;
  #isReady = false;
  #waiting: Waiting | undefined;
  #next = 1;
  #output = '';
  #residentBytes = 0;
  #cpuMs = 0;
  #ended = false;

  /** `program` is for tests. */
  constructor(log: Log, program = entry) {
    this.#log = log;
    this.#child = fork(program, [], {
      execArgv: [],
      // glibc keeps memory per thread, which image buffers would fill many times over.
      env: { ...bareEnvironment('TEMP', 'TMPDIR'), MALLOC_ARENA_MAX: '2' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    if (this.#child.pid !== undefined) lowerPriority(this.#child.pid);
    this.#ready = this.#start();
    // Awaited by whoever asks; nobody may do so.
    this.#ready.catch(() => {});
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#output = (this.#output + text.toString()).slice(-keptOutput);
    });
    // It must not keep its owner alive. Whoever asks has a timer that does.
    this.#child.unref();
    this.#child.channel?.unref();
    (this.#child.stderr as { unref?(): void } | null)?.unref?.();
  }

  /** Ended, or grown too large to be asked again. */
  get isSpent(): boolean {
    return this.#ended || this.#residentBytes > maxResidentBytes;
  }

  /** One job at a time. Errors: `ProcessEnded`, `TookTooLong` after `ms` at work. */
  async ask(job: ImageJob, ms: number): Promise<ImageAnswer> {
    await this.#inTime(this.#ready, startMs);
    const id = this.#next++;
    this.#cpuMs = 0;
    const answer = new Promise<ImageAnswer>((resolve, reject) => {
      this.#waiting = { id, resolve, reject };
    });
    // A message that cannot be sent belongs to a process that has ended, which is heard of as well.
    this.#child.send({ id, job } satisfies ToImageProcess, () => {});
    return this.#inTime(answer, ms);
  }

  /** At once. */
  end(): void {
    this.#ended = true;
    this.#child.kill('SIGKILL');
  }

  #start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.on('message', (message: FromImageProcess) => {
        if (message.kind === 'ready') {
          this.#isReady = true;
          this.#log.debug({ imageProcess: this.#child.pid }, 'an image process started');
          return resolve();
        }
        if (message.id !== this.#waiting?.id) return;
        if (message.kind === 'working') {
          this.#cpuMs = message.cpuMs;
          return;
        }
        this.#residentBytes = message.residentBytes;
        this.#waiting.resolve(message.answer);
      });
      const gone = (reason: string) => {
        const expected = this.#ended;
        this.#ended = true;
        const error = new ProcessEnded(`the image process ended: ${reason}`, this.#isReady);
        if (!expected) this.#log.warn({ reason, output: this.#output }, 'an image process ended by itself');
        reject(error);
        this.#waiting?.reject(error);
      };
      this.#child.on('error', (error) => gone(error.message));
      this.#child.on('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
    });
  }

  async #inTime<T>(work: Promise<T>, ms: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.end();
        reject(new TookTooLong(ms, this.#cpuMs));
      }, ms);
    });
    return Promise.race([work, late]).finally(() => clearTimeout(timer));
  }
}

/** Right after the start: the threads it makes later take over the priority of its first. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, which is heard of elsewhere, or the system has no priorities.
  }
}
