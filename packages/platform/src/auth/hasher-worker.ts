/** Runs bcrypt off the event loop: at cost 10 a hash takes tens of milliseconds, in which nobody's message would move. */
import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';

export type HasherJob =
  | { id: number; op: 'hash'; secret: string; cost: number }
  | { id: number; op: 'matches'; secret: string; hash: string };

export type HasherReply = { id: number; value: string | boolean } | { id: number; error: string };

parentPort?.on('message', (job: HasherJob) => {
  try {
    const value =
      job.op === 'hash' ? bcrypt.hashSync(job.secret, job.cost) : bcrypt.compareSync(job.secret, job.hash);
    parentPort?.postMessage({ id: job.id, value } satisfies HasherReply);
  } catch (error) {
    parentPort?.postMessage({ id: job.id, error: (error as Error).message } satisfies HasherReply);
  }
});
