/**
 * The way of a frame from a client, the same for every transport: find its handler, check its data, count it, run it,
 * answer it.
 *
 * Order: the frames of one connection are started in the order of their arrival, in a lane. Starting the next does not wait
 * for the last one's answer, so that sends share commits; only where a handler says `waits` (a send that must look
 * something up before it reaches the queue) does the lane stand until it is done. Rate limits are asked when a
 * frame arrives and awaited in the lane, so a slow counter costs one round trip, not one per frame. `ping` and `auth` pass
 * by the lane: signs of life and tokens wait for nobody.
 */
import { requestIdPattern } from '@parley/contract';
import { AppError, type Caller, type RateDecision } from '@parley/core';
import type { RealtimeContext } from './context.ts';
import { type SocketError, toSocketError, validationError } from './errors.ts';
import type { AnyHandler } from './events/define.ts';
import { handlerOf } from './events/index.ts';
import type { Session } from './session.ts';

/** How a transport answers one frame. */
export interface Reply {
  done(result: unknown): void;
  failed(error: SocketError): void;
}

/** A frame that waits for its turn. */
export interface Job {
  /** Null for a frame that can only be refused. */
  readonly handler: AnyHandler | null;
  /** The checked data, or the reason to refuse the frame. */
  readonly data: unknown;
  readonly caller: Caller;
  readonly reply: Reply;
  readonly decision: Promise<RateDecision>;
}

/** Frames of one connection that may be under way; then it is not read until some are answered. */
const maxInFlight = { pause: 64, resume: 32 };

/**
 * Takes a frame that could be read. `requestId` is what the client calls it, if it does; `readAt` is when the reading began, as
 * `performance.now()` has it.
 */
export function receive(
  ctx: RealtimeContext,
  session: Session,
  event: unknown,
  data: unknown,
  requestId: string | undefined,
  reply: Reply,
  readAt: number,
): void {
  if (!accepts(ctx, session, reply)) return;
  const handler = handlerOf(event);
  if (!handler) {
    const caller = session.caller(saneId(requestId));
    refuse(ctx, session, new AppError('BAD_REQUEST', 'There is no such event'), 'unknown', caller, reply);
    return;
  }
  const checked = handler.schema.safeParse(data ?? {});
  const validAt = performance.now();
  const caller = session.caller(saneId(requestId), validAt);
  if (handler.event === 'message.send') ctx.stages.validate.one(validAt - readAt);
  if (!checked.success) {
    refuse(ctx, session, validationError(checked.error.issues), handler.event, caller, reply);
  } else if (handler.rate === null) {
    start(ctx, session);
    void run(ctx, session, handler, checked.data, caller, reply);
  } else {
    const decision = ctx.rates.consume(handler.rate, session.userId);
    enqueue(ctx, session, { handler, data: checked.data, caller, reply, decision });
  }
}

/** Takes a frame that could not be read. */
export function receiveBad(
  ctx: RealtimeContext,
  session: Session,
  error: AppError,
  requestId: string | undefined,
  reply: Reply,
): void {
  if (!accepts(ctx, session, reply)) return;
  refuse(ctx, session, error, 'unknown', session.caller(saneId(requestId)), reply);
}

function saneId(requestId: string | undefined): string | undefined {
  return requestId !== undefined && requestIdPattern.test(requestId) ? requestId : undefined;
}

/** Notes the sign of life; a token that has just run out ends the session before the frame can do anything. */
function accepts(ctx: RealtimeContext, session: Session, reply: Reply): boolean {
  if (session.closing || session.stopped) return false;
  const now = ctx.core.clock.now();
  session.lastHeard = now;
  if (session.expiresAt * 1000 <= now) {
    ctx.sessions.expire(session);
    return false;
  }
  if (session.inFlight >= maxInFlight.pause && !session.pause()) {
    // A polling client cannot be held back otherwise.
    reply.failed(toSocketError(new AppError('TOO_MANY_REQUESTS', undefined, { retryAfter: 1 })));
    return false;
  }
  return true;
}

/** Answers in its turn, and counted like any other frame: floods of bad frames end with 4029. */
function refuse(
  ctx: RealtimeContext,
  session: Session,
  error: AppError,
  event: string,
  caller: Caller,
  reply: Reply,
): void {
  ctx.tallies.frame(event, error.code);
  const decision = ctx.rates.consume('socketFrame', session.userId);
  enqueue(ctx, session, { handler: null, data: error, caller, reply, decision });
}

function enqueue(ctx: RealtimeContext, session: Session, job: Job): void {
  start(ctx, session);
  if (session.lane) session.lane.push(job);
  else {
    session.lane = [job];
    void drain(ctx, session, session.lane);
  }
}

function start(ctx: RealtimeContext, session: Session): void {
  ctx.inFlight.begin();
  session.inFlight++;
}

function finish(ctx: RealtimeContext, session: Session): void {
  ctx.inFlight.end();
  if (--session.inFlight === maxInFlight.resume) session.resume();
}

async function drain(ctx: RealtimeContext, session: Session, lane: Job[]): Promise<void> {
  for (let job = lane[0]; job; job = lane[0]) {
    const decision = await job.decision;
    lane.shift();
    const { handler, data, caller, reply } = job;
    if (!decision.allowed) {
      const options = { retryAfter: decision.retryAfterSeconds };
      answerError(
        ctx,
        session,
        handler,
        caller,
        reply,
        new AppError('TOO_MANY_REQUESTS', undefined, options),
      );
    } else if (!handler) {
      answerError(ctx, session, null, caller, reply, data);
    } else {
      const waits = handler.waits?.(ctx, data) ?? false;
      const running = run(ctx, session, handler, data, caller, reply);
      if (waits) await running;
    }
  }
  session.lane = null;
}

/** Never rejects. Runs up to the handler's first `await` before it returns. */
async function run(
  ctx: RealtimeContext,
  session: Session,
  handler: AnyHandler,
  data: unknown,
  caller: Caller,
  reply: Reply,
): Promise<void> {
  try {
    reply.done(await handler.handle(ctx, session, data, caller));
    ctx.tallies.frame(handler.event, 'ok');
    finish(ctx, session);
  } catch (error) {
    answerError(ctx, session, handler, caller, reply, error);
  }
}

function answerError(
  ctx: RealtimeContext,
  session: Session,
  handler: AnyHandler | null,
  caller: Caller,
  reply: Reply,
  cause: unknown,
): void {
  const error = toSocketError(cause);
  if (error.code === 5000) {
    const fields = {
      err: cause,
      request_id: caller.requestId,
      event: handler?.event,
      user_id: caller.userId,
    };
    ctx.log.error(fields, 'a frame could not be handled');
  }
  if (handler) ctx.tallies.frame(handler.event, error.reason);
  reply.failed(error);
  finish(ctx, session);
}
