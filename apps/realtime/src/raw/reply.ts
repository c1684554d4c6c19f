import type { RealtimeContext } from '../context.ts';
import type { Reply } from '../dispatch.ts';
import type { SocketError } from '../errors.ts';
import { Frame, serverFrame } from '../frame.ts';
import { answerEvents } from '../reply-events.ts';
import type { Session } from '../session.ts';

/**
 * Answers on the raw transport: `message.sent` and `pong` always, for other events a frame of the same name if the client
 * asked for one by a `req_id`; errors always.
 */
export class RawReply implements Reply {
  readonly #ctx: RealtimeContext;
  readonly #session: Session;
  readonly #event: string;
  readonly #reqId: string | undefined;

  constructor(ctx: RealtimeContext, session: Session, event: string, reqId: string | undefined) {
    this.#ctx = ctx;
    this.#session = session;
    this.#event = event;
    this.#reqId = reqId;
  }

  done(result: unknown): void {
    const name = answerEvents.get(this.#event) ?? (this.#reqId === undefined ? undefined : this.#event);
    if (name !== undefined) this.#tell(new Frame(name, result, this.#ctx.core.clock.now(), this.#reqId));
  }

  failed(error: SocketError): void {
    this.#tell(serverFrame('error', error, this.#ctx.core.clock.now(), this.#reqId));
  }

  #tell(frame: Frame): void {
    this.#ctx.hub.tell(this.#session, frame);
  }
}
