import { type Caller, type Core, typingAudience } from '@parley/core';
import type { Deliverer } from './delivery/deliver.ts';
import { serverFrame } from './frame.ts';
import type { Hub } from './hub.ts';
import type { Session } from './session.ts';
import type { Timings } from './timings.ts';

/** One chat in which a session's user types. */
export interface TypingState {
  /** When the others were told last, in milliseconds. */
  toldAt: number;
  /** Ends it unless it is renewed. */
  readonly timer: NodeJS.Timeout;
}

type Parts = Pick<Core, 'chatCache' | 'clock' | 'log'>;

/**
 * Typing of this instance's sessions (contract section 4). The instance that was told of a start also tells the end: on
 * `typing.stop`, a sent message, the end of the connection, or when it is not renewed.
 */
export class Typing {
  readonly #core: Parts;
  readonly #hub: Hub;
  readonly #deliverer: Deliverer;
  readonly #timings: Timings;

  constructor(core: Parts, hub: Hub, deliverer: Deliverer, timings: Timings) {
    this.#core = core;
    this.#hub = hub;
    this.#deliverer = deliverer;
    this.#timings = timings;
  }

  /** Errors: those of `typingAudience`. */
  async start(session: Session, caller: Caller, chatId: string): Promise<void> {
    const known = session.typing?.get(chatId);
    const now = this.#core.clock.now();
    if (known) {
      known.timer.refresh();
      if (now - known.toldAt < this.#timings.typingRepeatMs) return;
      known.toldAt = now;
    }
    await this.#tell(caller, chatId, true);
    if (session.closed) return this.#tellEnd(session, chatId);
    if (session.typing?.has(chatId)) return;
    session.typing ??= new Map();
    const timer = setTimeout(() => this.#end(session, chatId), this.#timings.typingMs).unref();
    session.typing.set(chatId, { toldAt: now, timer });
  }

  /** Errors: those of `typingAudience`. */
  async stop(session: Session, caller: Caller, chatId: string): Promise<void> {
    this.#forget(session, chatId);
    await this.#tell(caller, chatId, false);
  }

  /** The user sent a message to the chat: whichever device typed there does so no more. */
  sent(userId: string, chatId: string): void {
    for (const session of this.#hub.of(userId)) this.#end(session, chatId);
  }

  /** The session is gone. */
  drop(session: Session): void {
    for (const chatId of [...(session.typing?.keys() ?? [])]) this.#end(session, chatId);
  }

  #end(session: Session, chatId: string): void {
    if (this.#forget(session, chatId)) void this.#tellEnd(session, chatId);
  }

  #forget(session: Session, chatId: string): boolean {
    const state = session.typing?.get(chatId);
    if (!state) return false;
    clearTimeout(state.timer);
    session.typing?.delete(chatId);
    if (session.typing?.size === 0) session.typing = null;
    return true;
  }

  async #tell(caller: Caller, chatId: string, isTyping: boolean): Promise<void> {
    const audience = await typingAudience(this.#core, caller, chatId);
    const data = { chat_id: chatId, user_id: caller.userId, is_typing: isTyping };
    const frame = serverFrame('typing', data, this.#core.clock.now());
    // Where other instances cannot be reached, those here are told: it is a courtesy.
    this.#deliverer
      .toUsers(audience, frame, { id: null })
      ?.catch((error) => this.#core.log.debug({ err: error }, 'typing could not be told everywhere'));
  }

  /** Whoever may no longer post cannot tell the end either: receivers end it by themselves. */
  async #tellEnd(session: Session, chatId: string): Promise<void> {
    await this.#tell(session.caller(), chatId, false).catch((error) =>
      this.#core.log.debug({ err: error }, 'the end of typing could not be told'),
    );
  }
}
