import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { within } from '@parley/platform';
import { type Runtime, refuseUpgrade } from '@parley/runtime';
import type { RealtimeContext } from './context.ts';
import { Deliverer } from './delivery/deliver.ts';
import { startDelivery } from './delivery/index.ts';
import { addProbe } from './delivery/probe.ts';
import { Topics } from './delivery/topics.ts';
import { Hub } from './hub.ts';
import { InFlight } from './in-flight.ts';
import { Flusher } from './outbound.ts';
import { FrameRates } from './rates.ts';
import { RawServer } from './raw/server.ts';
import { Sessions } from './sessions.ts';
import { SocketIoServer } from './socketio/server.ts';
import { Sweep } from './sweep.ts';
import { Tallies } from './tallies.ts';
import { Throttle } from './throttle.ts';
import { defaultTimings, type Timings } from './timings.ts';
import { Typing } from './typing.ts';
import { Watches } from './watches.ts';

/** Real time of one program. */
export interface Realtime {
  /** Takes `/ws` and `/socket.io` of a server. Call it once, after the server's own request handler is set. */
  attach(server: Server): void;
  /** Live, signed-in connections. */
  connections(): number;
  /**
   * Refuses new connections with 503, answers what it has read, closes all with 1012 and resolves when they are gone;
   * those that do not answer are cut off, so it ends in time.
   */
  drain(): Promise<void>;
}

function createContext(runtime: Runtime, timings: Timings): RealtimeContext {
  const { core, log, metrics } = runtime;
  const tallies = new Tallies(metrics);
  const hub = new Hub(tallies);
  const inFlight = new InFlight();
  const topics = new Topics(core.fanOut, log);
  const deliverer = new Deliverer(core, hub, timings.holdMs);
  const sessions = new Sessions(core, hub, topics, tallies, inFlight);
  const typing = new Typing(core, hub, deliverer, timings);
  const watches = new Watches(core, hub, topics, timings);
  sessions.onLeave((session) => {
    watches.drop(session);
    typing.drop(session);
  });
  const rates = new FrameRates(core);
  const flusher = new Flusher(metrics.stages);
  const outages = new Throttle(1_000);
  return {
    core,
    log,
    timings,
    tallies,
    stages: metrics.stages,
    hub,
    deliverer,
    sessions,
    typing,
    watches,
    rates,
    flusher,
    inFlight,
    outages,
  };
}

/** Makes real time over a runtime and starts delivering; `timings` are for tests. */
export function createRealtime(runtime: Runtime, timings: Partial<Timings> = {}): Realtime {
  const ctx = createContext(runtime, { ...defaultTimings, ...timings });
  const raw = new RawServer(ctx);
  const sweep = new Sweep(ctx, (now) => raw.tick(now));
  const stopDelivery = startDelivery(ctx);
  addProbe(ctx, runtime.readiness);
  let socketIo: SocketIoServer | null = null;
  let draining: Promise<void> | null = null;

  function onUpgrade(server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = req.url ?? '';
    if (url === '/ws' || url.startsWith('/ws?')) {
      if (draining) refuseUpgrade(socket, 503);
      else raw.upgrade(req, socket, head);
    } else if (!url.startsWith('/socket.io/') && server.listenerCount('upgrade') <= 2) {
      // Nobody but Socket.IO and us listens, so nobody else would ever answer.
      refuseUpgrade(socket, 404);
    }
  }

  async function drain(): Promise<void> {
    // Three waits of this length at most, of which two are rarely needed: stores must have time to stop, too.
    const boundMs = Math.min(ctx.timings.closeMs, runtime.config.shutdownSeconds * 250);
    sweep.stop();
    socketIo?.drain();
    raw.drain();
    for (const session of ctx.hub.all()) session.stop();
    await within(ctx.inFlight.idle(), boundMs);
    for (const session of ctx.hub.all()) ctx.sessions.end(session, 'restart');
    await within(ctx.sessions.empty(), boundMs);
    for (const session of ctx.hub.all()) session.wire.terminate();
    socketIo?.close();
    // Those that were just cut off, and what is told of their presence.
    await within(
      ctx.sessions.empty().then(() => ctx.inFlight.idle()),
      boundMs,
    );
    stopDelivery();
    ctx.tallies.flush();
  }

  return {
    attach(server) {
      if (socketIo) throw new Error('real time serves one server');
      socketIo = new SocketIoServer(ctx, server, runtime.config.corsOrigins);
      server.on('upgrade', (req, socket, head) => onUpgrade(server, req, socket, head));
    },
    connections: () => ctx.hub.size,
    drain() {
      draining ??= drain();
      return draining;
    },
  };
}
