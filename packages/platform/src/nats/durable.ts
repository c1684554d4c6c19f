/** Durable pull consumers: what the server keeps of a group's progress through a stream. */
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

export interface DurableOptions {
  stream: string;
  /** The group's name. */
  durable: string;
  /** What it wants of the stream. */
  subjects: readonly string[];
  /** Milliseconds without an answer after which an event is delivered again. */
  ackWaitMs: number;
  /** The server can filter by several subjects (2.10). */
  manyFilters: boolean;
  /** Where to begin when it has to be made: at this time, or (null) with what comes from now on. */
  since: Date | null;
}

/** Events without an answer in the whole group at most, those that wait for a redelivery among them. */
const maxUnanswered = 20_000;

/** A filter that lets all of the stream through. */
const everything = '>';

/** Makes the consumer where it is missing, and widens its filter where this program wants more than the last one did. */
export async function ensureDurable(manager: JetStreamManager, options: DurableOptions): Promise<void> {
  const info = (await find(manager, options)) ?? (await create(manager, options));
  const change = widened(info.config, options);
  if (change) await manager.consumers.update(options.stream, options.durable, change);
}

async function find(
  manager: JetStreamManager,
  { stream, durable }: Pick<DurableOptions, 'stream' | 'durable'>,
): Promise<ConsumerInfo | undefined> {
  try {
    return await manager.consumers.info(stream, durable);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound)
      return undefined;
    throw error;
  }
}

async function create(manager: JetStreamManager, options: DurableOptions): Promise<ConsumerInfo> {
  const { stream, durable, since } = options;
  try {
    return await manager.consumers.add(stream, {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(options.ackWaitMs),
      // Failures are counted by us: the last one makes a dead letter, which the server cannot.
      max_deliver: -1,
      max_ack_pending: maxUnanswered,
      ...(since === null
        ? { deliver_policy: DeliverPolicy.New }
        : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: since.toISOString() }),
      ...filterOf(options.subjects, options.manyFilters),
    });
  } catch (error) {
    // Another instance may have been faster.
    const info = await find(manager, options);
    if (!info) throw error;
    return info;
  }
}

type Filter = Pick<Partial<ConsumerConfig>, 'filter_subject' | 'filter_subjects'>;

/** Where several subjects cannot be asked for, all are, and those that nobody wants are acked unread. */
function filterOf(subjects: readonly string[], manyFilters: boolean): Filter {
  if (subjects.length === 1) return { filter_subject: subjects[0] as string };
  return manyFilters ? { filter_subjects: [...subjects] } : {};
}

/** Never narrower: an instance of another version of this program may be running, and want more. */
function widened(
  config: ConsumerConfig,
  { subjects, manyFilters, ackWaitMs }: DurableOptions,
): Partial<ConsumerConfig> | undefined {
  const present = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []);
  // Without a filter everything comes already.
  const isAll = present.length === 0 || present.includes(everything);
  const missing = isAll ? [] : subjects.filter((subject) => !present.includes(subject));
  const change: Partial<ConsumerConfig> = {};
  if (config.ack_wait !== nanos(ackWaitMs)) change.ack_wait = nanos(ackWaitMs);
  if (missing.length > 0 && manyFilters) {
    // The two exclude each other, and an update keeps what it does not name.
    Object.assign(change, { filter_subject: '', filter_subjects: [...present, ...missing] });
  } else if (missing.length > 0) change.filter_subject = everything;
  return Object.keys(change).length > 0 ? change : undefined;
}
