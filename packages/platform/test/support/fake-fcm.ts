/**
 * FCM's HTTP v1 and Google's token server as far as a sender sees them: a real server whose answers are told for each device token, and
 * which counts what was asked of it. A program is pointed at it by `FCM_ENDPOINT=<url>` and `FCM_CREDENTIALS_PATH=<account.path>`
 * (`writeFcmAccount`).
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  type Answer,
  answers,
  type FcmBehaviour,
  invalidArgument,
  tokenAnswers,
} from './fake-fcm-answers.ts';

export type { FcmBehaviour } from './fake-fcm-answers.ts';
export { type FcmTestAccount, writeFcmAccount } from './fcm-account.ts';

/** A message as it came over the wire. */
export interface FcmBody {
  token: string;
  data: Record<string, string>;
  notification?: object;
  android?: { priority: string; ttl: string };
  apns?: { headers: Record<string, string>; payload: object };
  webpush?: { headers: Record<string, string> };
}

export interface FcmRequest {
  token: string;
  body: FcmBody;
  /** Milliseconds since the epoch. */
  at: number;
  project: string;
  behaviour: FcmBehaviour | 'refused';
}

export interface FakeFcm extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Every request for a push, whatever it was answered. */
  readonly requests: readonly FcmRequest[];
  /** How often an access token was asked for. */
  readonly tokenRequests: number;
  /** How many connections were made to it. */
  readonly connections: number;
  /** Requests for the token get these answers, one after another; the last one stays. `*` is for tokens that were told nothing. */
  answer(token: string, ...behaviours: FcmBehaviour[]): void;
  /** What the token server does from now on. */
  grant(behaviour: 'granted' | 'hang' | keyof typeof tokenAnswers): void;
  /** The messages that were taken for a device, in the order in which they came. */
  pushes(token: string): FcmBody[];
  /** Waits until that many messages were taken for a device. */
  taken(token: string, count: number, withinMs?: number): Promise<FcmBody[]>;
  /** Waits until a request comes that `wanted` says yes to, or came already. */
  asked(wanted: (request: FcmRequest) => boolean, withinMs?: number): Promise<FcmRequest>;
  close(): Promise<void>;
}

/** Names that FCM keeps for itself. */
const reserved = /^(from|message_type|collapse_key|google\..*|gcm\..*)$/;

export async function startFakeFcm({ port = 0 } = {}): Promise<FakeFcm> {
  const heard = new EventEmitter();
  const requests: FcmRequest[] = [];
  const plans = new Map<string, FcmBehaviour[]>();
  const issued = new Set<string>();
  let granting: Parameters<FakeFcm['grant']>[0] = 'granted';
  let tokenRequests = 0;
  let connections = 0;

  const next = (token: string): FcmBehaviour => {
    const plan = plans.get(token) ?? plans.get('*') ?? ['sent'];
    return (plan.length > 1 ? plan.shift() : plan[0]) ?? 'sent';
  };

  async function onToken(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(req));
    tokenRequests++;
    if (granting === 'hang') return;
    if (granting !== 'granted') return reply(res, tokenAnswers[granting]);
    const jwt = form.get('assertion')?.split('.').length === 3;
    if (!jwt || !form.get('grant_type')?.endsWith('jwt-bearer'))
      return reply(res, tokenAnswers.invalid_grant);
    const access_token = `access-${tokenRequests}`;
    issued.add(`Bearer ${access_token}`);
    reply(res, json({ access_token, expires_in: 3600, token_type: 'Bearer' }));
  }

  async function onSend(project: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = (JSON.parse(await text(req)) as { message: FcmBody }).message;
    const wrong = refusal(body, issued.has(req.headers.authorization ?? ''));
    const behaviour = wrong ? 'refused' : next(body.token);
    requests.push({ token: body.token, body, at: Date.now(), project, behaviour });
    heard.emit('request');
    if (wrong) reply(res, wrong);
    else behave(res, behaviour as FcmBehaviour, project);
  }

  const server = createServer((req, res) => {
    const project = /^\/v1\/projects\/([^/]+)\/messages:send$/.exec(req.url ?? '')?.[1];
    const work =
      req.method === 'POST' && project !== undefined
        ? onSend(project, req, res)
        : req.method === 'POST' && req.url === '/token'
          ? onToken(req, res)
          : Promise.resolve(reply(res, { status: 404, body: 'nothing here' }));
    // The client went away in the middle of its request.
    work.catch(() => res.destroy());
  });
  server.on('connection', () => connections++);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;

  /** Looks again after each request, until there is what is waited for. */
  async function until<T>(look: () => T | undefined, withinMs: number): Promise<T> {
    const signal = AbortSignal.timeout(withinMs);
    for (let found = look(); ; found = look()) {
      if (found !== undefined) return found;
      await once(heard, 'request', { signal });
    }
  }

  const pushes = (token: string) =>
    requests.filter((one) => one.token === token && taken(one.behaviour)).map((one) => one.body);
  const close = async () => {
    server.close();
    server.closeAllConnections();
  };
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    requests,
    get tokenRequests() {
      return tokenRequests;
    },
    get connections() {
      return connections;
    },
    answer: (token, ...behaviours) => void plans.set(token, behaviours),
    grant(behaviour) {
      granting = behaviour;
    },
    pushes,
    taken: (token, count, withinMs = 10_000) =>
      until(() => (pushes(token).length >= count ? pushes(token) : undefined), withinMs),
    asked: (wanted, withinMs = 10_000) => until(() => requests.find(wanted), withinMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const taken = (behaviour: FcmRequest['behaviour']) => behaviour === 'sent' || behaviour === 'lost';

/** What FCM would not take from anybody. */
function refusal(body: FcmBody, authorised: boolean): Answer | null {
  if (!authorised) return answers.unauthenticated;
  const data = Object.entries(body.data ?? {});
  const bad = data.find(([name, value]) => reserved.test(name) || typeof value !== 'string');
  if (bad) return invalidArgument(`message.data[${bad[0]}]`, `Invalid data payload key: ${bad[0]}`);
  const size = data.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  return size > 4096 ? invalidArgument('message', 'Message too big') : null;
}

function behave(res: ServerResponse, behaviour: FcmBehaviour, project: string): void {
  if (behaviour === 'reset') res.socket?.resetAndDestroy();
  else if (behaviour === 'cut') {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"name":');
    setImmediate(() => res.socket?.destroy());
  } else if (behaviour !== 'hang' && behaviour !== 'lost') reply(res, answerOf(behaviour, project));
}

function answerOf(behaviour: Exclude<FcmBehaviour, 'reset' | 'cut' | 'hang' | 'lost'>, project: string) {
  if (behaviour === 'sent')
    return json({ name: `projects/${project}/messages/0:${process.hrtime.bigint()}` });
  if (typeof behaviour === 'string') return answers[behaviour];
  const { as, retryAfter } = behaviour;
  const value = retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter);
  return { ...answers[as], headers: { ...answers[as].headers, 'retry-after': value } };
}

const json = (body: object): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

function reply(res: ServerResponse, { status, headers, body }: Answer): void {
  res.writeHead(status, headers).end(body);
}
