import type { Summary } from './histogram.ts';
import type { Transport } from './load/connection.ts';
import type { MediaMethods } from './media/protocol.ts';

/**
 * What the benchmark and its load generator say to each other over IPC. The generator is a process of its own so
 * that neither the server's event loop nor the benchmark's bookkeeping runs on its thread.
 *
 * benchmark → generator: `Call`; generator → benchmark: any number of `PhaseNotice`, then one `Outcome`.
 */
export interface MessagesJob {
  url: string;
  /** Where connections go, in turn: the two of a pair to neighbours. By default all go to `url`. */
  sockets?: readonly string[];
  transport: Transport;
  pairs: number;
  load: { kind: 'closed'; inFlight: number } | { kind: 'open'; rate: number };
  receipts: boolean;
  /**
   * Messages come in the order of their numbers, or it is a violation. Not asked of a cluster, where two ways may lead to a
   * recipient: there it is counted how many were overtaken.
   */
  ordered: boolean;
  warmupMs: number;
  measureMs: number;
  drainMs: number;
}

export interface MessagesResult {
  seconds: number;
  accepted: number;
  delivered: number;
  /** Of those delivered: sender and recipient are connected to different addresses. */
  crossed: number;
  /** Came after one with a larger number; 0 where the order is asked for. */
  overtaken: number;
  delivery: Summary;
  acceptance: Summary;
  lag: Summary | null;
  deliveredEachSecond: number[];
  statusFrames: number;
  violations: number;
  firstViolations: string[];
}

/** One group whose members are all connected over /ws and send in turn. */
export interface GroupJob {
  url: string;
  members: number;
  /** Messages outstanding in the group, over all who send. */
  inFlight: number;
  warmupMs: number;
  measureMs: number;
  drainMs: number;
}

export interface GroupResult {
  seconds: number;
  accepted: number;
  /** Messages times those they reached. */
  delivered: number;
  /** From the call that sends to each member's `message.new`. */
  delivery: Summary;
  acceptance: Summary;
  deliveredEachSecond: number[];
  violations: number;
  firstViolations: string[];
}

export interface RestJob {
  url: string;
  path: string;
  token: string;
  connections: number;
  warmupMs: number;
  measureMs: number;
}

export interface RestResult {
  seconds: number;
  requests: number;
  latency: Summary;
  /** Size of the last answer's body. */
  bodyBytes: number;
  violations: number;
  firstViolations: string[];
}

/** A signed-in user and the body that the route answers with, for the comparison server to repeat. */
export interface RestSubject {
  token: string;
  body: string;
}

export interface IdleSignIn {
  url: string;
  count: number;
}

export interface IdleConnect {
  url: string;
  transport: Transport;
  count: number;
}

export interface IdleState {
  open: number;
  seconds: number;
  /** Why connections ended that should be open, the first few. */
  lost: string[];
}

/** The generator's methods: what they take and what they answer. */
export interface GeneratorMethods extends MediaMethods {
  messages: { params: MessagesJob; result: MessagesResult };
  group: { params: GroupJob; result: GroupResult };
  restSubject: { params: { url: string; path: string }; result: RestSubject };
  rest: { params: RestJob; result: RestResult };
  idleSignIn: { params: IdleSignIn; result: { seconds: number } };
  idleConnect: { params: IdleConnect; result: IdleState };
  idleState: { params: Record<string, never>; result: IdleState };
}

export type Method = keyof GeneratorMethods;

/** The measured period begins; it has ended. */
export type Phase = 'measuring' | 'measured';

export interface Call<M extends Method = Method> {
  id: number;
  method: M;
  params: GeneratorMethods[M]['params'];
}

export interface PhaseNotice {
  id: number;
  phase: Phase;
}

export type Outcome = { id: number; result: unknown } | { id: number; error: string };
