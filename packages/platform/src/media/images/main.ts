/**
 * The image process: decodes what people send, one image after the other, so that a decoder that crashes, hangs or is taken over is not in
 * the process with everybody's messages. Started by `ImageProcess` with an IPC channel and next to no environment.
 */
import { writeFile } from 'node:fs/promises';
import type { FromImageProcess, ToImageProcess } from './job.ts';
import { look } from './look.ts';

/** How often it tells that it is at work. */
const workingMs = 250;

// The owner ends this process when it is done; Ctrl-C and a service manager reach it before that.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// Not process.exit(), which would wait for a decoder that hangs.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

process.on('message', async ({ id, job }: ToImageProcess) => {
  const before = process.cpuUsage();
  const working = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    send({ kind: 'working', id, cpuMs: (user + system) / 1000 });
  }, workingMs);
  const answer = await look(job);
  clearInterval(working);
  send({ kind: 'answer', id, answer, residentBytes: process.memoryUsage.rss() });
});

// Where memory runs out this process is to go first. Linux only, and not everywhere allowed.
await writeFile('/proc/self/oom_score_adj', '1000').catch(() => {});
send({ kind: 'ready' });

function send(message: FromImageProcess): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
