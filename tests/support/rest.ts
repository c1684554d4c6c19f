/** Plain HTTP, as a client without our SDK would use it. */
import type { Envelope, OutputOf } from '@parley/contract';

type HistoryMessage = OutputOf<'messages.list'>['messages'][number];

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  body: Envelope<T>;
  /** `data`, for the many tests that expect success; throws with the error otherwise. */
  readonly data: T;
}

export interface SignedIn {
  id: string;
  phone: string;
  token: string;
  refreshToken: string;
}

export class Rest {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** One call below `/api/v1`. `raw` sends these bytes as they are. */
  async call<T = unknown>(
    method: string,
    path: string,
    options: { token?: string; body?: unknown; raw?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
      ...(payload === undefined ? {} : { body: payload }),
    });
    return answerOf(`${method} ${path}`, response);
  }

  /** An upload below `/api/v1`: text fields first, then the file. */
  async upload<T = unknown>(
    method: string,
    path: string,
    token: string,
    file: { bytes: Buffer; name: string },
    fields: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', new Blob([new Uint8Array(file.bytes)]), file.name);
    return answerOf(
      `${method} ${path}`,
      await fetch(`${this.url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        body: form,
      }),
    );
  }

  async signIn(phone: string): Promise<SignedIn> {
    const asked = await this.call<{ otp_dev: string }>('POST', '/auth/request-otp', { body: { phone } });
    const { data } = await this.call<{ access_token: string; refresh_token: string; user: { id: string } }>(
      'POST',
      '/auth/verify-otp',
      { body: { phone, otp: asked.data.otp_dev } },
    );
    return { id: data.user.id, phone, token: data.access_token, refreshToken: data.refresh_token };
  }

  /** All messages of a chat that a user sees, oldest first. */
  async history(user: Pick<SignedIn, 'token'>, chat: string): Promise<HistoryMessage[]> {
    const all: HistoryMessage[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/chats/${chat}/messages?limit=100${cursor && `&cursor=${cursor}`}`;
      const { data } = await this.call<OutputOf<'messages.list'>>('GET', path, { token: user.token });
      all.push(...data.messages);
      cursor = data.next_cursor;
    }
    return all.reverse();
  }

  /** The direct chat of two users. */
  async chat(from: SignedIn, to: SignedIn): Promise<string> {
    const body = { type: 'direct', participant_id: to.id };
    return (await this.call<{ chat_id: string }>('POST', '/chats', { token: from.token, body })).data.chat_id;
  }
}

async function answerOf<T>(what: string, response: Response): Promise<Answer<T>> {
  const text = await response.text();
  const body = JSON.parse(text) as Envelope<T>;
  return {
    status: response.status,
    headers: response.headers,
    body,
    get data() {
      if (!body.success) throw new Error(`${what}: ${response.status} ${text}`);
      return body.data;
    },
  };
}
