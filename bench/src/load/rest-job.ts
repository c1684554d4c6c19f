import { setTimeout as sleep } from 'node:timers/promises';

import { Histogram } from '../histogram.ts';
import type { Phase, RestJob, RestResult, RestSubject } from '../protocol.ts';
import { phoneSeries, signIn } from './http-api.ts';
import { HttpLane } from './http-lane.ts';
import { requestBytes } from './http-request.ts';

/** Signs a user in and fetches what the measured route answers. */
export async function restSubject(url: string, path: string): Promise<RestSubject> {
  const { token } = await signIn(url, phoneSeries()(0));
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
  const body = await response.text();
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${body.slice(0, 300)}`);
  return { token, body };
}

/** Repeats one GET over keep-alive connections, each sending the next request when its answer is complete. */
export async function runRest(job: RestJob, onPhase: (phase: Phase) => void): Promise<RestResult> {
  const { hostname, port } = new URL(job.url);
  const request = requestBytes(job.url, 'GET', job.path, job.token);
  const latency = new Histogram();
  const firstViolations: string[] = [];
  let violations = 0;
  let requests = 0;
  let bodyBytes = 0;
  let measuring = false;
  let running = true;
  const violation = (what: string): void => {
    violations += 1;
    if (firstViolations.length < 5) firstViolations.push(what);
  };

  const lanes = Array.from({ length: job.connections }, () => {
    let sentAt = performance.now();
    const lane: HttpLane = new HttpLane({
      host: hostname,
      port: Number(port || 80),
      request,
      onAnswer(status, size) {
        const now = performance.now();
        if (status !== 200) violation(`status ${status}`);
        bodyBytes = size;
        if (measuring) {
          requests += 1;
          latency.recordMs(now - sentAt);
        }
        if (!running) return;
        sentAt = now;
        lane.send();
      },
      onClose: (reason) => violation(`a connection ended: ${reason}`),
    });
    lane.send();
    return lane;
  });

  await sleep(job.warmupMs);
  onPhase('measuring');
  measuring = true;
  const from = performance.now();
  await sleep(job.measureMs);
  measuring = false;
  const seconds = (performance.now() - from) / 1000;
  onPhase('measured');
  running = false;
  // Let the answers that are under way arrive, so that the server does not see connections reset.
  await sleep(100);
  for (const lane of lanes) lane.close();
  return { seconds, requests, latency: latency.summary(), bodyBytes, violations, firstViolations };
}
