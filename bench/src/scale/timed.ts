import type { Histogram } from '../histogram.ts';
import { HttpLane } from '../load/http-lane.ts';

export interface TimedJob {
  url: string;
  /** Makes the next request; null when there are no more. */
  next: () => Buffer | null;
  concurrency: number;
  /** Milliseconds in which requests begin; each connection has at least one counted, however slow. */
  forMs: number;
  latency: Histogram;
  /** The first of each connection's are not counted. */
  warmup: number;
}

/**
 * Sends requests over keep-alive connections, each the next when the one before is answered, and records how long answers take.
 * Returns what went wrong, the first few.
 */
export async function runTimed(job: TimedJob): Promise<string[]> {
  const problems: string[] = [];
  const { hostname, port } = new URL(job.url);
  const from = performance.now();
  await Promise.all(
    Array.from(
      { length: job.concurrency },
      () =>
        new Promise<void>((resolve) => {
          let count = -job.warmup;
          let sentAt = 0;
          let request: Buffer | null = null;
          const end = (problem?: string): void => {
            if (problem !== undefined && problems.length < 5) problems.push(problem);
            lane.close();
            resolve();
          };
          const send = (): void => {
            request = job.next();
            sentAt = performance.now();
            if (request === null) end();
            else lane.send();
          };
          const lane: HttpLane = new HttpLane({
            host: hostname,
            port: Number(port || 80),
            request: () => request ?? Buffer.alloc(0),
            onAnswer(status) {
              const now = performance.now();
              count += 1;
              if (status !== 200 && status !== 201)
                return end(`status ${status} after ${Math.round(now - sentAt)} ms`);
              if (count > 0) job.latency.recordMs(now - sentAt);
              if (now - from > job.forMs && count > 0) end();
              else send();
            },
            onClose: (reason) => end(`a connection ended: ${reason}`),
          });
          send();
        }),
    ),
  );
  return problems;
}
