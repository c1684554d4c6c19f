/** Prometheus metrics: rate, errors and duration of everything that people wait for (HLD 12.2). */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { MessageStages } from './stages.ts';

const durations = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** All metrics of one program, in a registry of its own so that several can live in one process. */
export class Metrics {
  readonly registry = new Registry();
  readonly httpRequests = new Histogram({
    name: 'parley_http_request_duration_seconds',
    help: 'HTTP requests by route and status',
    labelNames: ['route', 'method', 'status'],
    buckets: durations,
    registers: [this.registry],
  });
  readonly socketConnections = new Gauge({
    name: 'parley_realtime_connections',
    help: 'Live connections by transport',
    labelNames: ['transport'],
    registers: [this.registry],
  });
  readonly socketFrames = new Counter({
    name: 'parley_realtime_frames_total',
    help: 'Frames from clients by event and outcome',
    labelNames: ['event', 'outcome'],
    registers: [this.registry],
  });
  readonly deliveries = new Counter({
    name: 'parley_realtime_deliveries_total',
    help: 'Frames written to clients by event',
    labelNames: ['event'],
    registers: [this.registry],
  });
  readonly closes = new Counter({
    name: 'parley_realtime_closes_total',
    help: 'Connections that the server closed, by reason',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  readonly busEvents = new Counter({
    name: 'parley_bus_events_total',
    help: 'Events handled by consumer and outcome',
    labelNames: ['consumer', 'subject', 'outcome'],
    registers: [this.registry],
  });
  readonly outboxSwept = new Counter({
    name: 'parley_outbox_swept_total',
    help: 'Outbox rows that a sweep published, not the usual path',
    registers: [this.registry],
  });
  readonly deadLetters = new Counter({
    name: 'parley_dead_letters_total',
    help: 'Events given up after the last redelivery',
    labelNames: ['consumer', 'subject'],
    registers: [this.registry],
  });
  readonly stages = new MessageStages(this.registry);

  constructor(options: { process?: boolean } = {}) {
    if (options.process ?? true) collectDefaultMetrics({ register: this.registry });
  }

  /** The text of `GET /metrics`. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
