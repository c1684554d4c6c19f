import { type Incoming, messageData, readMessage, scanString, type Wire } from './wire.ts';

const PING = '{"event":"ping","data":{}}';

interface Frame {
  event?: string;
  data?: unknown;
  req_id?: string;
}

/** The raw WebSocket of the contract: `{ event, data, req_id? }` both ways. */
export function rawWire(): Wire {
  return {
    target: (token) => `/ws?token=${encodeURIComponent(token)}`,
    // The answer to this ping says that the session exists: an upgrade succeeds with a bad token, too.
    hello: () => PING,
    read,
    message(chatId, body) {
      const [before, after] = messageData(chatId, body);
      const head = `{"event":"message.send","data":${before}`;
      const middle = `${after},"req_id":"`;
      return (id) => `${head}${id}${middle}${id}"}`;
    },
    event: (name, data) => JSON.stringify({ event: name, data }),
  };
}

function read(text: string, into: Incoming): void {
  let event = scanString(text, '"event":"');
  let parsed: Frame | undefined;
  const frame = (): Frame => {
    parsed ??= JSON.parse(text) as Frame;
    return parsed;
  };
  if (event === '') event = frame().event ?? '';
  if (event === 'message.new') readMessage(text, into, 'new', () => frame().data);
  else if (event === 'message.sent') readMessage(text, into, 'sent', () => frame().data);
  else if (event === 'message.status') into.kind = 'status';
  else if (event === 'pong') into.kind = 'ready';
  else if (event === 'error') {
    const data = Object(frame().data) as { reason?: string; message?: string };
    into.kind = 'error';
    into.clientMsgId = frame().req_id ?? '';
    into.reason = `${data.reason}: ${data.message}`;
  } else into.kind = 'other';
}
