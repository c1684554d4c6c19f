/** The streams of the contract (section 5), made where they are missing. */
import {
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { streams } from '@parley/contract';
import type { Log } from '@parley/core';

const hourMs = 3_600_000;
const keptMs = 7 * 24 * hourMs;
const presenceKeptMs = hourMs;
/** How long the server tells a repeated event by its id. */
const duplicateWindowMs = 120_000;
/**
 * JetStream's codes for "stream name already in use with a different configuration" and "subjects overlap with an existing
 * stream". A server 2.9 gives the latter also where several programs make the same stream at the same time.
 */
const present = [10058, 10065];

/** The name of the stream that holds a subject. */
export function streamOf(subject: string): keyof typeof streams {
  for (const [name, patterns] of Object.entries(streams)) {
    if (patterns.some((pattern) => subject.startsWith(pattern.slice(0, -1))))
      return name as keyof typeof streams;
  }
  throw new Error(`no stream holds ${subject}`);
}

/** A stream of that name is there and cannot serve. */
class UnfitStream extends Error {}

/** Whether JetStream was there and said no, so that trying again changes nothing. */
export function isRefusal(error: unknown): boolean {
  return error instanceof UnfitStream || (error instanceof JetStreamApiError && error.status < 500);
}

/**
 * Makes the streams that are missing; any number of programs may do so at once. Of a stream that is there, only what takes
 * nothing away is changed: subjects are added, ages and copies raised. Everything else is left as its operator has it.
 * Errors: JetStream's own, e.g. where two streams would hold one subject.
 */
export async function ensureStreams(
  manager: JetStreamManager,
  { replicas, log }: { replicas: number; log: Log },
): Promise<void> {
  await Promise.all(
    Object.entries(streams).map(([name, subjects]) =>
      ensureStream(manager, wanted(name, [...subjects], replicas), log),
    ),
  );
}

type Wanted = Pick<StreamConfig, 'name' | 'subjects' | 'max_age' | 'duplicate_window' | 'num_replicas'>;

function wanted(name: string, subjects: string[], replicas: number): Wanted {
  return {
    name,
    subjects,
    max_age: nanos(name === 'PRESENCE' ? presenceKeptMs : keptMs),
    duplicate_window: nanos(duplicateWindowMs),
    num_replicas: replicas,
  };
}

async function ensureStream(manager: JetStreamManager, stream: Wanted, log: Log): Promise<void> {
  let refused: unknown;
  try {
    await manager.streams.add({ ...stream, retention: RetentionPolicy.Limits, storage: StorageType.File });
    return;
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || !present.includes(error.code)) throw error;
    refused = error;
  }
  const { config } = await manager.streams.info(stream.name).catch(() => {
    // A stream of another name holds the subjects.
    throw refused;
  });
  if (config.retention !== RetentionPolicy.Limits) {
    throw new UnfitStream(`the stream ${stream.name} has ${config.retention} retention; it must have limits`);
  }
  const change = widened(config, stream);
  if (Object.keys(change).length === 0) return;
  try {
    await manager.streams.update(stream.name, change);
    log.info({ stream: stream.name, changed: Object.keys(change) }, 'a stream was brought up to date');
  } catch (error) {
    // Without a subject, events would have nowhere to go; with fewer copies or days, all of it works.
    if (change.subjects) throw error;
    log.warn({ err: error, stream: stream.name }, 'a stream could not be brought up to date');
  }
}

/** What has to be raised or added so that the stream does at least what is wanted. */
function widened(config: StreamConfig, stream: Wanted): Partial<Wanted> {
  const change: Partial<Wanted> = {};
  const missing = stream.subjects.filter((subject) => !config.subjects.includes(subject));
  if (missing.length > 0) change.subjects = [...config.subjects, ...missing];
  // An age of 0 is for ever.
  if (config.max_age > 0 && config.max_age < stream.max_age) change.max_age = stream.max_age;
  if (config.duplicate_window < stream.duplicate_window) change.duplicate_window = stream.duplicate_window;
  if (config.num_replicas < stream.num_replicas) change.num_replicas = stream.num_replicas;
  return change;
}
