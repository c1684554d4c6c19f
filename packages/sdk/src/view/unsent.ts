import type { InputOf } from '@parley/contract';
import type { ParleyError } from '../errors.ts';

type Sending = InputOf<'messages.send'>;

/** A message that was not stored yet: on its way, or refused. It is replaced by the message when the server has stored it. */
export interface UnsentMessage {
  readonly client_msg_id: string;
  readonly chat_id: string;
  readonly sender_id: string;
  readonly type: Sending['type'];
  readonly payload: Sending['payload'];
  readonly reply_to_message_id: string | null;
  /** `pending`: on its way. `failed`: refused for good, see `error`; it can be sent again or discarded. */
  readonly status: 'pending' | 'failed';
  readonly error: ParleyError | null;
  /** By this device's clock. */
  readonly created_at: string;
}
