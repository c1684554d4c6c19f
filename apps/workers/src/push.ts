/** Pushes to phones (contract section 6): decided on events of the bus, and when windows of groups are over. */
import { setTimeout as pause } from 'node:timers/promises';
import type { BusEvent, BusSubject } from '@parley/contract';
import {
  type Core,
  isUnavailable,
  type PushMeter,
  type PushWindow,
  pushAdded,
  pushMessage,
  pushRead,
  pushWindows,
  takePushWindows,
  unavailable,
} from '@parley/core';
import type { Metrics } from '@parley/platform';

/** The durable consumer's name on the bus: workers share it, so each event is taken by one of them. */
const consumer = 'notifications';

export interface PushWorker {
  /** Begins to look for windows that are over. */
  start(): void;
  /**
   * Begins nothing more; resolves when what was begun is done. Events that come between this and the end of the bus are refused: the bus keeps
   * them for another worker, or for the next start.
   */
  drain(): Promise<void>;
}

export interface PushPace {
  /** Milliseconds between two looks for windows, while some are open and while none is known. */
  openMs: number;
  idleMs: number;
  /** Windows that are taken together, and how many of these groups are at work at a time. */
  windows: number;
  groups: number;
}

const usualPace: PushPace = { openMs: 250, idleMs: 1_000, windows: 50, groups: 4 };

/**
 * Subscribes to what is pushed; call it before the bus starts. How many events are at work at a time is up to the bus, how many pushes are
 * on their way up to the gateway. Any number of workers share the work: whatever they do twice is pushed once.
 */
export function startPushWorker(
  core: Core,
  metrics: Pick<Metrics, 'pushDecisions'>,
  pace: Partial<PushPace> = {},
): PushWorker {
  const meter: PushMeter = {
    decided: (reason, count) => metrics.pushDecisions.inc({ reason }, count),
  };
  const parts = { ...core, meter };
  const events = new EventTaker(core);
  events.take('msg.new', (event) => pushMessage(parts, event));
  events.take('group.member.added', (event) => pushAdded(parts, event));
  events.take('msg.status.updated', (event) =>
    event.payload.status === 'read' ? pushRead(parts, event) : undefined,
  );
  const windows = new WindowLoop(parts, { ...usualPace, ...pace });
  return {
    start: () => windows.start(),
    drain: async () => void (await Promise.all([events.drain(), windows.stop()])),
  };
}

/** Takes events from the bus until it is drained, and knows those at work. */
class EventTaker {
  readonly #bus: Core['bus'];
  readonly #atWork = new Set<Promise<void>>();
  #draining = false;

  constructor({ bus }: Pick<Core, 'bus'>) {
    this.#bus = bus;
  }

  take<S extends BusSubject>(subject: S, handle: (event: BusEvent<S>) => Promise<void> | undefined): void {
    this.#bus.subscribe(consumer, subject, (event) => {
      // Not unsubscribed: on a bus within the process, what nobody subscribes to counts as handled.
      if (this.#draining) throw unavailable('This worker', new Error('it is stopping'));
      const work = handle(event);
      if (!work) return undefined;
      this.#atWork.add(work);
      return work.finally(() => this.#atWork.delete(work));
    });
  }

  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.allSettled(this.#atWork);
  }
}

class WindowLoop {
  readonly #core: Core & { meter: PushMeter };
  readonly #pace: PushPace;
  readonly #atWork = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  /** The log has it: it is told once until things work again. */
  readonly #told = new Set<'take' | 'push'>();

  constructor(core: Core & { meter: PushMeter }, pace: PushPace) {
    this.#core = core;
    this.#pace = pace;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#atWork);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#look();
      // What is at work bounds what is taken: a lease must not run out while its window waits for a turn.
      if (this.#atWork.size >= this.#pace.groups) await Promise.race(this.#atWork);
      if (waitMs > 0) await pause(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Takes what is over; says after how many milliseconds to look again. Never rejects. */
  async #look(): Promise<number> {
    const { openMs, idleMs, windows: limit } = this.#pace;
    try {
      const windows = await takePushWindows(this.#core, limit);
      if (windows.length > 0) this.#begin(windows);
      if (windows.length === limit) return 0;
      const due = await this.#core.pushLedger.nextDue();
      this.#told.delete('take');
      if (due === null) return idleMs;
      // Often enough for leases that run out, seldom enough to take windows together.
      return Math.min(idleMs, Math.max(openMs, due - this.#core.clock.now()));
    } catch (error) {
      this.#complain('take', error, 'windows of pushes cannot be taken: it is tried again');
      return idleMs;
    }
  }

  #begin(windows: readonly PushWindow[]): void {
    const work = pushWindows(this.#core, windows)
      .then(() => void this.#told.delete('push'))
      .catch((error) => this.#complain('push', error, 'windows of pushes wait for another try'))
      .finally(() => this.#atWork.delete(work));
    this.#atWork.add(work);
  }

  /** A store that is away is told once, not every second; what nobody expects is told each time. */
  #complain(about: 'take' | 'push', error: unknown, what: string): void {
    const level = !isUnavailable(error) ? 'error' : this.#told.has(about) ? 'debug' : 'warn';
    this.#core.log[level]({ err: error }, what);
    this.#told.add(about);
  }
}
