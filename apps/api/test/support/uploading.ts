/** A server that files are uploaded to, and a watch over what it keeps. */
import type { ClientRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { field, file, upload } from './forms.ts';
import { type RestAnswer, TestServer } from './http.ts';

export interface Uploading {
  readonly server: TestServer;
  /** Mina's. */
  readonly token: string;
  readonly userId: string;
  /** Files that were accepted so far; after each test there must be as many, as nothing is kept of what is refused. */
  accepted: number;
  /** Sends a form. */
  post(body: Buffer, options?: Parameters<typeof upload>[3]): Promise<RestAnswer>;
}

/** For the head of a test file: the server is there before its tests, and no failure may go unheard. */
export function uploading(): Uploading {
  let server: TestServer | undefined;
  const unheard: unknown[] = [];
  const note = (error: unknown) => unheard.push(error);
  const here = {
    accepted: 0,
    token: '',
    userId: '',
    get server() {
      if (!server) throw new Error('not before the tests');
      return server;
    },
    async post(body: Buffer, options: Parameters<typeof upload>[3] = {}) {
      const answer = await upload(here.server, here.token, body, options);
      if (answer.status < 300) here.accepted++;
      return answer;
    },
  };
  beforeAll(async () => {
    process.on('unhandledRejection', note);
    server = await TestServer.start();
    const { token, user } = await server.signIn();
    Object.assign(here, { token, userId: user.id });
  });
  afterEach(async () => {
    await expect
      .poll(() => here.server.runtime.objects.files().then((files) => files.length))
      .toBe(here.accepted);
    expect(unheard.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    process.off('unhandledRejection', note);
  });
  return here;
}

export const piece = Buffer.alloc(64 * 1024, 'i');

/** Opens the part `file` with its first byte and leaves it open. */
export function opened(type: string, first = type.charAt(0)): Buffer {
  return Buffer.concat([field('type', type), file(first).subarray(0, -2)]);
}

/** Writes pieces until `stop`, as fast as the server lets it; says how many bytes went. */
export async function pour(
  sent: ClientRequest,
  stop: () => boolean,
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  let bytes = 0;
  while (!stop() && bytes < most && !sent.destroyed) {
    await new Promise((resolve) => sent.write(piece, resolve));
    bytes += piece.length;
  }
  return bytes;
}
