import type { ChildProcess } from 'node:child_process';

import { endChild, forkScript, type Running, track, untrack } from './children.ts';
import type { Call, GeneratorMethods, Method, Outcome, Phase, PhaseNotice } from './protocol.ts';

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  onPhase: (phase: Phase) => void;
}

/** The benchmark's end of the channel to a load generator. */
export class GeneratorProcess implements Running {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor() {
    this.#child = forkScript('./generator.ts');
    this.#child.on('message', (message) => this.#onMessage(message as PhaseNotice | Outcome));
    this.#child.once('exit', (code, signal) => this.#failAll(`the generator ended with ${signal ?? code}`));
    this.#child.once('error', (error) => this.#failAll(error.message));
    track(this);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Calls a method; `onPhase` hears when its measured period begins and ends. */
  call<M extends Method>(
    method: M,
    params: GeneratorMethods[M]['params'],
    onPhase: (phase: Phase) => void = () => {},
  ): Promise<GeneratorMethods[M]['result']> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        resolve: (result) => resolve(result as GeneratorMethods[M]['result']),
        reject,
        onPhase,
      });
      const call: Call<M> = { id, method, params };
      this.#child.send(call, (error) => {
        if (error) this.#settle(id, (waiting) => waiting.reject(error));
      });
    });
  }

  async stop(): Promise<void> {
    await endChild(this.#child, 3000);
    untrack(this);
  }

  #onMessage(message: PhaseNotice | Outcome): void {
    if ('phase' in message) this.#waiting.get(message.id)?.onPhase(message.phase);
    else if ('error' in message)
      this.#settle(message.id, (waiting) => waiting.reject(new Error(message.error)));
    else this.#settle(message.id, (waiting) => waiting.resolve(message.result));
  }

  #settle(id: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) how(waiting);
  }

  #failAll(reason: string): void {
    for (const id of [...this.#waiting.keys()])
      this.#settle(id, (waiting) => waiting.reject(new Error(reason)));
  }
}
