import { runGroup } from './load/group-job.ts';
import { IdleHerd } from './load/idle-job.ts';
import { MediaBeside } from './load/media-beside.ts';
import { runMessages } from './load/messages-job.ts';
import { OfflineLoad } from './load/offline-job.ts';
import { restSubject, runRest } from './load/rest-job.ts';
import { runUploads } from './load/uploads-job.ts';
import type { Call, GeneratorMethods, Method, Outcome, Phase, PhaseNotice } from './protocol.ts';

/** The load generator's process: answers the calls of the benchmark that forked it, and ends with it. */
type Handlers = {
  [M in Method]: (
    params: GeneratorMethods[M]['params'],
    onPhase: (phase: Phase) => void,
  ) => Promise<GeneratorMethods[M]['result']>;
};

const herd = new IdleHerd();
const beside = new MediaBeside();
const offline = new OfflineLoad();

const handlers: Handlers = {
  messages: runMessages,
  group: runGroup,
  restSubject: ({ url, path }) => restSubject(url, path),
  rest: runRest,
  idleSignIn: (params) => herd.signIn(params),
  idleConnect: (params) => herd.connect(params),
  idleState: async () => herd.state(),
  uploads: runUploads,
  besideStart: (params) => beside.start(params),
  besideStop: () => beside.stop(),
  fcm: () => offline.listen(),
  offline: (params, onPhase) => offline.run(params, onPhase),
};

function tell(message: PhaseNotice | Outcome): void {
  process.send?.(message);
}

async function answer<M extends Method>(call: Call<M>): Promise<void> {
  const handler: Handlers[M] = handlers[call.method];
  try {
    tell({ id: call.id, result: await handler(call.params, (phase) => tell({ id: call.id, phase })) });
  } catch (error) {
    tell({ id: call.id, error: error instanceof Error ? error.message : String(error) });
  }
}

process.on('message', (call: Call) => void answer(call));
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole foreground group; the benchmark decides in which order its processes end.
process.on('SIGINT', () => {});
