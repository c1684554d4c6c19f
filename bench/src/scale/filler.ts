import { type FillJob, fill } from './fill.ts';

/** A process that fills one data directory and ends: making a million messages takes a core. */
process.once('message', async (job: FillJob) => {
  try {
    process.send?.({ result: await fill(job) });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  process.disconnect();
});
// Ctrl-C reaches the whole foreground group; the benchmark decides in which order its processes end.
process.on('SIGINT', () => {});
