import type { Pair } from './pair.ts';

/** Decides when messages are sent. */
export interface Driver {
  start(): void;
  /** Call when a pair's message is done. */
  done(pair: Pair): void;
  stop(): void;
}

/** Each pair keeps `inFlight` messages outstanding: a new one goes out when one has been accepted and delivered. */
export function closedLoop(pairs: readonly Pair[], inFlight: number): Driver {
  let running = false;
  return {
    start() {
      running = true;
      for (const pair of pairs) {
        for (let index = 0; index < inFlight; index += 1) pair.send(performance.now());
      }
    },
    done(pair) {
      if (running) pair.send(performance.now());
    },
    stop() {
      running = false;
    },
  };
}

/**
 * Messages at a fixed rate, the pairs in turn, whatever is still outstanding. Latency counts from the moment that the
 * schedule intended, so a server (or a generator) that stalls cannot hide the messages that waited meanwhile. Timers
 * tick in whole milliseconds; `onLag` gets how late each message left.
 */
export function openLoop(pairs: readonly Pair[], perSecond: number, onLag: (ms: number) => void): Driver {
  const interval = 1000 / perSecond;
  let timer: NodeJS.Timeout | undefined;
  let from = 0;
  let sent = 0;
  const tick = (): void => {
    for (;;) {
      const intended = from + sent * interval;
      const now = performance.now();
      if (intended > now) break;
      onLag(now - intended);
      pairs[sent % pairs.length]?.send(intended);
      sent += 1;
    }
    timer = setTimeout(tick, 1);
  };
  return {
    start() {
      from = performance.now();
      tick();
    },
    done() {},
    stop() {
      clearTimeout(timer);
    },
  };
}
