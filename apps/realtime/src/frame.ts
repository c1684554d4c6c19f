/**
 * What goes down to clients. An event becomes one `Frame`, however many receive it: it is encoded when the first receiver
 * of a transport needs it, with the WebSocket header in front, and the same bytes are written to every socket.
 */
import type { ServerEvent, ServerEventData } from '@parley/contract';

/** A whole text frame as a server sends it (RFC 6455: final, unmasked), header and text in one piece of memory. */
export function textFrame(text: string): Buffer {
  const size = Buffer.byteLength(text);
  const head = size < 126 ? 2 : size < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + size);
  frame[0] = 0x81;
  if (head === 2) frame[1] = size;
  else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(size, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(size, 6);
  }
  frame.write(text, head);
  return frame;
}

let lastMs = Number.NaN;
let lastIso = '';

/** ISO 8601 of a time; frames of one millisecond share the text. */
function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms;
    lastIso = new Date(ms).toISOString();
  }
  return lastIso;
}

export class Frame {
  readonly event: string;
  readonly #data: unknown;
  readonly #at: number;
  readonly #reqId: string | undefined;
  #json: string | undefined;
  #raw: Buffer | undefined;
  #packet: Buffer | undefined;

  /** `at` is in milliseconds; a `reqId` makes it the answer to one frame. Events are made with `serverFrame`. */
  constructor(event: string, data: unknown, at: number, reqId?: string) {
    this.event = event;
    this.#data = data;
    this.#at = at;
    this.#reqId = reqId;
  }

  /** The frame of data that is JSON text already, as it came from another instance. */
  static fromJson(event: string, json: string, at: number): Frame {
    const frame = new Frame(event, undefined, at);
    frame.#json = json;
    return frame;
  }

  /** The data as JSON text. */
  get json(): string {
    this.#json ??= JSON.stringify(this.#data);
    return this.#json;
  }

  /** `{ event, data, req_id?, timestamp }` for the raw transport, ready for the wire. */
  raw(): Buffer {
    if (this.#raw === undefined) {
      const id = this.#reqId === undefined ? '' : `,"req_id":${JSON.stringify(this.#reqId)}`;
      const time = isoTime(this.#at);
      this.#raw = textFrame(`{"event":"${this.event}","data":${this.json}${id},"timestamp":"${time}"}`);
    }
    return this.#raw;
  }

  /** The Socket.IO packet (`2["event",data]`, protocol 5) for transports that frame it themselves. */
  packetText(): string {
    return `2["${this.event}",${this.json}]`;
  }

  /** The same inside an Engine.IO message, ready for a WebSocket. */
  packet(): Buffer {
    this.#packet ??= textFrame(`4${this.packetText()}`);
    return this.#packet;
  }
}

/** The frame of an event of the contract. */
export function serverFrame<E extends ServerEvent>(
  event: E,
  data: ServerEventData<E>,
  at: number,
  reqId?: string,
): Frame {
  return new Frame(event, data, at, reqId);
}
