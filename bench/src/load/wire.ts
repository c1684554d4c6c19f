/** What a frame from the server says. Each connection reuses one such object, so that reading allocates little. */
export interface Incoming {
  kind: 'new' | 'sent' | 'error' | 'status' | 'ready' | 'other';
  clientMsgId: string;
  messageId: string;
  chatId: string;
  seq: number;
  /** What went wrong, of an `error`. */
  reason: string;
}

/** One of the two ways to say the same over a WebSocket. An instance belongs to one connection. */
export interface Wire {
  /** Path and query of the upgrade. */
  target(token: string): string;
  /** What the client says first, if it speaks first. */
  hello(): string | null;
  /** Reads a frame into `into`; `reply` sends what the protocol itself asks for. */
  read(text: string, into: Incoming, reply: (text: string) => void): void;
  /** Prepares sending text messages to a chat: all but the id is serialised once. */
  message(chatId: string, body: string): (clientMsgId: string) => string;
  /** An event that wants no answer. */
  event(name: string, data: unknown): string;
}

export function emptyIncoming(): Incoming {
  return { kind: 'other', clientMsgId: '', messageId: '', chatId: '', seq: 0, reason: '' };
}

/**
 * The string that follows `key` (given as `"name":"`), or ''. Good for ids, which hold no escapes. Text inside the
 * JSON cannot be mistaken for a key, as its quotes are escaped; nested objects of our messages have no such keys.
 */
export function scanString(text: string, key: string): string {
  const at = text.indexOf(key);
  if (at < 0) return '';
  const start = at + key.length;
  const end = text.indexOf('"', start);
  return end < 0 ? '' : text.slice(start, end);
}

/** The whole number that follows `key` (given as `"name":`), or -1. */
export function scanNumber(text: string, key: string): number {
  const at = text.indexOf(key);
  if (at < 0) return -1;
  let index = at + key.length;
  let value = -1;
  for (
    let digit = text.charCodeAt(index) - 48;
    digit >= 0 && digit <= 9;
    digit = text.charCodeAt(index) - 48
  ) {
    value = (value < 0 ? 0 : value * 10) + digit;
    index += 1;
  }
  return value;
}

/**
 * Reads the ids of a message or of its acceptance out of a frame by scanning. Where that misses something (a server
 * that puts spaces into its JSON), `data` gives the parsed object: slower, never wrong.
 */
export function readMessage(text: string, into: Incoming, kind: 'new' | 'sent', data: () => unknown): void {
  into.kind = kind;
  into.clientMsgId = scanString(text, '"client_msg_id":"');
  into.messageId = scanString(text, '"message_id":"');
  into.chatId = scanString(text, '"chat_id":"');
  into.seq = scanNumber(text, '"seq":');
  if (into.clientMsgId && into.messageId && into.chatId && into.seq >= 0) return;
  const message = Object(data()) as Record<'client_msg_id' | 'message_id' | 'chat_id' | 'seq', unknown>;
  into.clientMsgId = String(message.client_msg_id);
  into.messageId = String(message.message_id);
  into.chatId = String(message.chat_id);
  into.seq = Number(message.seq);
}

/** The pieces of a `message.send` around the two places where its client_msg_id goes. */
export function messageData(chatId: string, body: string): [before: string, after: string] {
  const data = JSON.stringify({ chat_id: chatId, client_msg_id: '', type: 'text', payload: { body } });
  const cut = data.indexOf('"client_msg_id":"') + '"client_msg_id":"'.length;
  return [data.slice(0, cut), data.slice(cut)];
}
