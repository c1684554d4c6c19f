/** Who uploads, and who waits for pushes: what they send, and what they must notice. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';

import type { Connection } from '../src/load/connection.ts';
import { Meter } from '../src/load/meter.ts';
import { OfflinePair } from '../src/load/offline-pair.ts';
import { Uploader } from '../src/load/uploader.ts';
import { emptyIncoming, type Incoming } from '../src/load/wire.ts';

describe('uploads', () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  const content = Buffer.from('what is in the file');
  const file = { path: '', type: 'image', filename: 'a.jpg', bytes: content.length } as const;
  const good = {
    media_id: 'm',
    type: 'image',
    size_bytes: content.length,
    thumbnail_url: '/t',
    status: 'ready',
  };

  /** A server that answers this to everything; what came is in `requests`. */
  async function serve(status: number, data: object) {
    const requests: { req: IncomingMessage; body: Buffer }[] = [];
    const server = createServer(async (req, res) => {
      requests.push({ req, body: await buffer(req) });
      res.writeHead(status).end(JSON.stringify({ data }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const uploader = new Uploader(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      'token',
      file,
      content,
    );
    closing.push(
      () => uploader.close(),
      () => server.close(),
    );
    return { uploader, requests };
  }

  it('are forms as the contract has them', async () => {
    const { uploader, requests } = await serve(201, good);
    expect(await uploader.upload()).toEqual(good);
    const [{ req, body } = { req: null, body: Buffer.alloc(0) }] = requests;
    expect([req?.method, req?.url, req?.headers.authorization]).toEqual([
      'POST',
      '/api/v1/media/upload',
      'Bearer token',
    ]);
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': req?.headers['content-type'] ?? '' },
    }).formData();
    expect([...form.keys()]).toEqual(['type', 'file']);
    expect(form.get('type')).toBe('image');
    expect(await (form.get('file') as File).text()).toBe(content.toString());
  });

  it.each([
    [503, good, 'an upload was answered with 503'],
    [201, { ...good, size_bytes: 1 }, 'became image of 1'],
    [201, { ...good, type: 'document' }, 'became document'],
    [201, { ...good, thumbnail_url: null }, 'an image has no thumbnail'],
  ])('are not taken for done where the answer is %i %j', async (status, data, message) => {
    const { uploader } = await serve(status, data);
    await expect(uploader.upload()).rejects.toThrow(message);
  });
});

describe('pushes to who is away', () => {
  function pairOf() {
    const meter = new Meter();
    const sent: string[] = [];
    const wire = { message: () => (id: string) => id };
    const sender = { wire, send: (id: string) => sent.push(id) } as unknown as Connection;
    let done = 0;
    const pair = new OfflinePair({ chatId: 'c', sender, meter, onDone: () => (done += 1) });
    const answer = (n: number, messageId: string, changes: Partial<Incoming> = {}) =>
      sender.onIncoming({
        ...emptyIncoming(),
        ...{ kind: 'sent', clientMsgId: sent[n] ?? '', messageId, ...changes },
      });
    return { pair, meter, answer, finished: () => done };
  }

  it('end a message together with its answer, whichever comes first', () => {
    const { pair, meter, answer, finished } = pairOf();
    pair.send();
    pair.send();
    answer(0, 'm1');
    expect([finished(), pair.inFlight]).toEqual([0, 2]);
    pair.onPush('m1', 0);
    pair.onPush('m2', 0);
    expect([finished(), pair.inFlight]).toEqual([1, 1]);
    answer(1, 'm2');
    pair.checkEmpty();
    expect([finished(), pair.inFlight, meter.firstViolations]).toEqual([2, 0, []]);
  });

  it('are missed, doubled or invented only with a violation', () => {
    const { pair, meter, answer } = pairOf();
    for (let n = 0; n < 4; n += 1) pair.send();
    answer(0, 'm1');
    pair.onPush('m1', 0);
    pair.onPush('m1', 0);
    answer(0, 'm1');
    answer(1, 'm2');
    answer(2, '', { kind: 'error', reason: 'no' });
    pair.onPush('m9', 0);
    pair.checkEmpty();
    expect(meter.firstViolations.map((text) => text.replace(/[\da-f-]{36}/, 'id'))).toEqual([
      'message m1 was pushed twice',
      'answered twice, or never sent: id',
      'refused: no',
      'message id was never answered',
      'message m2 was accepted and never pushed',
      'a push of message m9, which nobody sent',
    ]);
  });
});
