/**
 * How long a message spends in each stage of its way, as sums from which an operator's queries make means: a rate of seconds
 * divided by the same rate of messages. Noting a time is three additions: no labels are looked up and nothing is allocated.
 */
import { Counter, type Registry } from 'prom-client';

/** The stages from a sender's socket to a recipient's, in their order. `publish` and `consume` begin together. */
export const messageStages = [
  'validate',
  'authorise',
  'queue',
  'store',
  'publish',
  'consume',
  'fan_out',
  'write',
] as const;

export type MessageStage = (typeof messageStages)[number];

const [spent, shared, messages] = [0, 1, 2] as const;

/** The sums of one stage. Times are in milliseconds, as differences of `performance.now()` are. */
export class StageSums {
  readonly #sums = new Float64Array(3);

  /** One message took so long. */
  one(ms: number): void {
    this.several(ms, 1);
  }

  /** So many messages took so long together: each of them that long, though the work was done once for all. */
  together(ms: number, count: number): void {
    this.#sums[spent] = this.spentMs + ms * count;
    this.#sums[shared] = this.sharedMs + ms;
    this.#sums[messages] = this.count + count;
  }

  /** So many messages took so long one after the other, or one by one: `ms` is the sum. */
  several(ms: number, count: number): void {
    this.#sums[spent] = this.spentMs + ms;
    this.#sums[shared] = this.sharedMs + ms;
    this.#sums[messages] = this.count + count;
  }

  /** What messages spent here, each on its own account. */
  get spentMs(): number {
    return this.#sums[spent] as number;
  }

  /** The same, with what a batch took counted once. */
  get sharedMs(): number {
    return this.#sums[shared] as number;
  }

  get count(): number {
    return this.#sums[messages] as number;
  }
}

/** The stages of one program, and their metrics `parley_message_stage_*`. */
export class MessageStages implements Readonly<Record<MessageStage, StageSums>> {
  /** Reading a frame and checking it against its schema. */
  readonly validate = new StageSums();
  /** Until the message is in the send queue: turn within the connection, rate limit, membership. */
  readonly authorise = new StageSums();
  /** Until its batch is begun: one commit is under way at a time. */
  readonly queue = new StageSums();
  /** The commit of its batch. */
  readonly store = new StageSums();
  /** From handing its event to the bus until the bus has it (in process: until it is handled). */
  readonly publish = new StageSums();
  /** From making its event until a consumer begins with it; between machines as exact as their clocks agree. */
  readonly consume = new StageSums();
  /** Until it is handed to the sessions here and to other instances that hold a recipient. */
  readonly fan_out = new StageSums();
  /** From handing a frame to a connection until the socket has it; answers and other frames count too. */
  readonly write = new StageSums();

  constructor(registry: Registry) {
    this.#expose(
      registry,
      'parley_message_stage_seconds_total',
      'Time that messages spent in each stage',
      (sums) => sums.spentMs / 1000,
    );
    this.#expose(
      registry,
      'parley_message_stage_shared_seconds_total',
      'The same, counted once for messages that a stage takes together: by messages, the share of one',
      (sums) => sums.sharedMs / 1000,
    );
    this.#expose(
      registry,
      'parley_message_stage_messages_total',
      'Messages that went through each stage',
      (sums) => sums.count,
    );
  }

  #expose(registry: Registry, name: string, help: string, read: (sums: StageSums) => number): void {
    const stages: Readonly<Record<MessageStage, StageSums>> = this;
    new Counter({
      name,
      help,
      labelNames: ['stage'],
      registers: [registry],
      collect() {
        this.reset();
        for (const stage of messageStages) this.inc({ stage }, read(stages[stage]));
      },
    });
  }
}
