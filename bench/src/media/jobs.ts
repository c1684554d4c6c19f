import type { JobMethods } from './protocol.ts';

/** A process in which parts of a server are measured by themselves: answers one call of the benchmark that forked it, and ends. */
export interface JobCall<M extends keyof JobMethods = keyof JobMethods> {
  method: M;
  params: JobMethods[M]['params'];
}

export type JobAnswer = { result: unknown } | { error: string };

type Handlers = {
  [M in keyof JobMethods]: (params: JobMethods[M]['params']) => Promise<JobMethods[M]['result']>;
};

// Each loads only what it measures.
const handlers: Handlers = {
  imageTools: async (params) => (await import('./image-tools-job.ts')).runImageTools(params),
  sync: async (params) => (await import('../sync/job.ts')).runSync(params),
  pushes: async (params) => (await import('./push-job.ts')).runPushes(params),
};

async function answer<M extends keyof JobMethods>({ method, params }: JobCall<M>): Promise<JobAnswer> {
  try {
    const handler: Handlers[M] = handlers[method];
    return { result: await handler(params) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.once('message', async (call: JobCall) => {
  process.send?.(await answer(call));
  process.disconnect();
});
// Ctrl-C reaches the whole foreground group; the benchmark decides in which order its processes end.
process.on('SIGINT', () => {});
