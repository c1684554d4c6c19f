import type { Ack } from '@parley/contract';
import type { RealtimeContext } from '../context.ts';
import type { Reply } from '../dispatch.ts';
import { type SocketError, toAckError } from '../errors.ts';
import { Frame, serverFrame } from '../frame.ts';
import { answerEvents } from '../reply-events.ts';
import type { Session } from '../session.ts';

/**
 * Answers on Socket.IO: by the acknowledgement where the client asked for one; otherwise `message.sent` and `pong` as
 * events, and errors as `error`.
 */
export class SocketIoReply implements Reply {
  readonly #ctx: RealtimeContext;
  readonly #session: Session;
  readonly #event: string;
  readonly #ack: ((answer: Ack<unknown>) => void) | undefined;

  constructor(
    ctx: RealtimeContext,
    session: Session,
    event: string,
    ack: ((answer: Ack<unknown>) => void) | undefined,
  ) {
    this.#ctx = ctx;
    this.#session = session;
    this.#event = event;
    this.#ack = ack;
  }

  done(result: unknown): void {
    if (this.#ack) {
      this.#ack({ ok: true, data: result });
      return;
    }
    const name = answerEvents.get(this.#event);
    if (name !== undefined)
      this.#ctx.hub.tell(this.#session, new Frame(name, result, this.#ctx.core.clock.now()));
  }

  failed(error: SocketError): void {
    if (this.#ack) this.#ack(toAckError(error));
    else this.#ctx.hub.tell(this.#session, serverFrame('error', error, this.#ctx.core.clock.now()));
  }
}
