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
  readonly jobRuns = new Counter({
    name: 'parley_job_runs_total',
    help: 'Runs of periodic jobs by outcome; runs that another worker did are not counted',
    labelNames: ['job', 'outcome'],
    registers: [this.registry],
  });
  readonly jobItems = new Counter({
    name: 'parley_job_items_total',
    help: 'Things that periodic jobs did: messages emptied, files deleted and so on',
    labelNames: ['job'],
    registers: [this.registry],
  });
  readonly jobSeconds = new Histogram({
    name: 'parley_job_duration_seconds',
    help: 'How long runs of periodic jobs took',
    labelNames: ['job'],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120],
    registers: [this.registry],
  });
  readonly jobLastSuccess = new Gauge({
    name: 'parley_job_last_success_timestamp_seconds',
    help: 'When a periodic job was last done here, in seconds since the epoch',
    labelNames: ['job'],
    registers: [this.registry],
  });
  readonly mediaProcessed = new Histogram({
    name: 'parley_media_processing_duration_seconds',
    help: 'How long looking into videos and sounds took',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  });
  readonly pushDecisions = new Counter({
    name: 'parley_push_decisions_total',
    help: 'What became of pushes, by reason',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  readonly pushes = new Counter({
    name: 'parley_pushes_total',
    help: 'Pushes handed to the push service, by outcome',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly pushSeconds = new Histogram({
    name: 'parley_push_duration_seconds',
    help: 'How long handing a push to the push service took, waits and further tries included',
    labelNames: ['outcome'],
    buckets: durations,
    registers: [this.registry],
  });
  readonly pushBreaker = new Gauge({
    name: 'parley_push_breaker_state',
    help: '0 while pushes go out, 1 while one tries, 2 while all are held back because the push service is away',
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
