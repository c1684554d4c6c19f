import { type Incoming, messageData, readMessage, type Wire } from './wire.ts';

/**
 * Socket.IO 5 over Engine.IO 4 on the WebSocket transport alone, as far as a client of the contract needs it. The
 * official client does the same on the wire for several times the CPU; the tests check this against the real server.
 */
export function socketIoWire(): Wire {
  let token = '';
  let nextAck = 0;
  /** The messages whose acknowledgement is awaited: a refusal does not name the message. */
  const awaited = new Map<number, string>();

  return {
    target(accessToken) {
      token = accessToken;
      return '/socket.io/?EIO=4&transport=websocket';
    },
    // The server speaks first.
    hello: () => null,
    read(text, into, reply) {
      into.kind = 'other';
      const type = text[0];
      if (type === '0') reply(`40${JSON.stringify({ token })}`);
      else if (type === '2') reply('3');
      else if (type === '4') packet(text, into, reply);
    },
    message(chatId, body) {
      const [before, after] = messageData(chatId, body);
      const head = `["message.send",${before}`;
      const tail = `${after}]`;
      return (id) => {
        nextAck += 1;
        awaited.set(nextAck, id);
        return `42${nextAck}${head}${id}${tail}`;
      };
    },
    event: (name, data) => `42${JSON.stringify([name, data])}`,
  };

  function packet(text: string, into: Incoming, reply: (text: string) => void): void {
    switch (text[1]) {
      case '0': {
        // Joining the user's rooms may go on after this; the answer to a ping says that the session is complete.
        nextAck += 1;
        awaited.set(nextAck, '');
        reply(`42${nextAck}["ping",{}]`);
        break;
      }
      case '1':
        into.kind = 'error';
        into.clientMsgId = '';
        into.reason = 'the server disconnected the socket';
        break;
      case '2':
        readEvent(text, into);
        break;
      case '3':
        readAck(text, into);
        break;
      case '4':
        into.kind = 'error';
        into.clientMsgId = '';
        into.reason = `connection refused: ${text.slice(2)}`;
        break;
    }
  }

  function readAck(text: string, into: Incoming): void {
    const bracket = text.indexOf('[');
    const ack = Number(text.slice(2, bracket));
    const clientMsgId = awaited.get(ack);
    awaited.delete(ack);
    if (clientMsgId === undefined) {
      into.kind = 'error';
      into.clientMsgId = '';
      into.reason = `an acknowledgement ${ack} that nothing asked for`;
    } else if (clientMsgId === '') {
      into.kind = 'ready';
    } else if (text.startsWith('{"ok":true,', bracket + 1)) {
      readMessage(text, into, 'sent', () => answerOf(text, bracket).data);
    } else {
      const answer = answerOf(text, bracket);
      if (answer.ok) {
        readMessage(text, into, 'sent', () => answer.data);
        return;
      }
      into.kind = 'error';
      into.clientMsgId = clientMsgId;
      into.reason = `${answer.error?.code}: ${answer.error?.message}`;
    }
  }
}

function readEvent(text: string, into: Incoming): void {
  const bracket = text.indexOf('["');
  const name = text.slice(bracket + 2, text.indexOf('"', bracket + 2));
  if (name === 'message.new')
    readMessage(text, into, 'new', () => (JSON.parse(text.slice(bracket)) as unknown[])[1]);
  else if (name === 'message.status') into.kind = 'status';
  else if (name === 'pong') into.kind = 'ready';
  else if (name === 'error') {
    into.kind = 'error';
    into.clientMsgId = '';
    into.reason = text.slice(bracket);
  }
}

interface Answer {
  ok: boolean;
  data?: unknown;
  error?: { code?: string; message?: string };
}

function answerOf(text: string, bracket: number): Answer {
  return (JSON.parse(text.slice(bracket)) as [Answer])[0];
}
