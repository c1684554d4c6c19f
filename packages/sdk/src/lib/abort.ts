import { ParleyError } from '../errors.ts';

/** The error of an aborted signal: its reason, if that is one of ours, else `ABORTED` with the reason as its cause. */
export function abortError(signal: AbortSignal): ParleyError {
  if (signal.reason instanceof ParleyError) return signal.reason;
  return new ParleyError('ABORTED', undefined, { cause: signal.reason });
}

/** Who waits for a signal. One listener per signal serves them all: Node warns of a leak at more than ten. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

function waitersOf(signal: AbortSignal): Set<() => void> {
  const known = waiting.get(signal);
  if (known) return known;
  const waiters = new Set<() => void>();
  waiting.set(signal, waiters);
  const listener = () => {
    for (const waiter of [...waiters]) waiter();
  };
  signal.addEventListener('abort', listener, { once: true });
  return waiters;
}

/** Calls back when the signal aborts, at once if it has. Returns what takes the callback away. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const waiters = waitersOf(signal);
  const waiter = () => callback();
  waiters.add(waiter);
  return () => {
    waiters.delete(waiter);
  };
}

/** The promise's result, or an `ABORTED` error as soon as the signal aborts. What the promise stands for goes on. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, () => reject(abortError(signal)));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

/** Waits, or returns early when the signal aborts; never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let stop = () => {};
    // Browsers run a timer of more than 2^31 ms at once.
    const timer = setTimeout(done, Math.min(Math.max(ms, 0), 0x7fff_ffff));
    function done() {
      clearTimeout(timer);
      stop();
      resolve();
    }
    stop = onAbort(signal, done);
  });
}

/** A signal that aborts with the first of several, for its reason; `release` lets go of them. (`AbortSignal.any` is young.) */
export function firstOf(...signals: (AbortSignal | undefined)[]): {
  controller: AbortController;
  release(): void;
} {
  const controller = new AbortController();
  const stops = signals.map((signal) =>
    onAbort(signal, () => controller.abort(signal && abortError(signal))),
  );
  return {
    controller,
    release: () => {
      for (const stop of stops) stop();
    },
  };
}
