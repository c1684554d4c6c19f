/** Programs that die amid files, and stores that go away (contract sections 2, Media, and 5): nothing is lost, nothing is told twice, nothing hangs. */
import { randomUUID } from 'node:crypto';
import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Media } from '@parley/contract';
import { cleanMedia } from '@parley/core';
import { createRuntime } from '@parley/runtime';
import type { Program, StoreName } from '@parley/stack';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type TestCluster } from '../support/cluster.ts';
import { clip, photo } from '../support/files.ts';
import { testConfig } from '../support/parley.ts';
import { Person } from '../support/people.ts';
import { person } from '../support/sdk.ts';

let cluster: TestCluster;
let film: Buffer;
let image: Buffer;
beforeAll(async () => {
  [film, image] = await Promise.all([clip(), photo()]);
  cluster = await startCluster();
}, 120_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

const text = (megabytes: number) => Buffer.from('sixteen letters\n'.repeat(megabytes * 2 ** 16));

async function cast(): Promise<{ ada: Person; ben: Person; chat: string }> {
  const [ada, ben] = await Promise.all(
    ['ada', 'ben'].map(async (name) => new Person(cluster, await cluster.user(), name)),
  );
  if (!ada || !ben) throw new Error('nobody is there');
  return { ada, ben, chat: await ada.direct(ben) };
}

/** The worker that the folder for temporary files belongs to, once a file whose name matches comes there. */
async function workerWith(name: RegExp): Promise<Program> {
  const base = join(String(cluster.stack.environment.PARLEY_DATA_DIR), 'tmp');
  const folders = await readdir(base);
  const { promise, resolve } = Promise.withResolvers<Program>();
  const watchers = cluster.stack.workers.map((worker) => {
    const folder = folders.find((each) => each.split('.')[2] === String(worker.pid));
    if (folder === undefined) throw new Error(`${worker.title} has no temporary folder`);
    return watch(join(base, folder), (_event, file) => {
      if (file !== null && name.test(file)) resolve(worker);
    });
  });
  const worker = await promise;
  for (const watcher of watchers) watcher.close();
  return worker;
}

async function killed(worker: Program): Promise<void> {
  cluster.stack.kill(worker, 'SIGKILL');
  await worker.exited;
}

describe('a worker that dies', () => {
  it('while it looks into a video: another does it, and everyone is told once of each message', async () => {
    const { ada, ben, chat } = await cast();
    const group = (await ada.group('Lake', ben)).chat_id;
    const bens = await ben.socket();
    const send = async () => {
      const sent = await ada.send(chat, 'video', film, 'a.mp4');
      await ada.do('POST', `/messages/${sent.message_id}/forward`, { target_chat_ids: [group] });
      return sent.media?.media_id ?? '';
    };
    const told = (id: string) =>
      bens.received.filter(({ event, data }) => event === 'media.updated' && data.media_id === id);
    const isTold = (id: string) => eventually('ben is told', () => told(id).length >= 2, 60);
    // Each worker in turn, amid its look.
    const media: string[] = [];
    for (let n = 0; n < 2; n++) {
      const found = workerWith(/footage$/);
      const sending = send();
      const worker = await found;
      await killed(worker);
      media.push(await sending);
      await worker.start();
    }
    for (const id of media) {
      await isTold(id);
      expect(
        told(id)
          .map(({ data }) => data.chat_id)
          .sort(),
      ).toEqual([chat, group].sort());
    }
    // Then one that has stored what it found: perhaps nobody was told, and the bus was not answered.
    const found = workerWith(/footage$/);
    const last = await send();
    const worker = await found;
    while ((await ada.do<Media>('GET', `/media/${last}`)).status !== 'ready');
    await killed(worker);
    await worker.start();
    await isTold(last);
    expect(new Set(told(last).map(({ data }) => data.chat_id))).toEqual(new Set([chat, group]));
    for (const id of [...media, last]) {
      const view = await ben.do<Media>('GET', `/media/${id}`);
      expect(view).toMatchObject({ width: 320, height: 240, status: 'ready' });
      expect((await fetch(view.thumbnail_url ?? '')).status).toBe(200);
    }
    bens.close();
  }, 120_000);
});

describe('api that dies', () => {
  it('in the middle of an upload: a client that tries again succeeds, and the message is there once', async () => {
    const [ada, ben] = [await person(cluster.url, 'ada'), await person(cluster.url, 'ben')];
    const { chat_id } = await ada.chats.create({ type: 'direct', participant_id: ben.id });
    const [api] = cluster.stack.api;
    if (!api) throw new Error('there is no api');
    const bytes = text(20);
    const half = Promise.withResolvers<void>();
    let tries = 0;
    const source = {
      size: bytes.length,
      name: 'a.txt',
      type: 'text/plain',
      stream() {
        const first = ++tries === 1;
        let at = 0;
        return new ReadableStream<Uint8Array>({
          async pull(target) {
            if (first && at >= bytes.length / 2) {
              half.resolve();
              // The rest of this try never comes.
              return new Promise(() => undefined);
            }
            target.enqueue(new Uint8Array(bytes.subarray(at, at + 2 ** 16)));
            at += 2 ** 16;
            if (at >= bytes.length) target.close();
          },
        });
      },
    };
    const sending = ada.sendDocument(chat_id, source, { retry: 8 });
    await half.promise;
    api.kill('SIGKILL');
    await api.exited;
    await api.start();
    const sent = await sending;
    expect(tries).toBeGreaterThan(1);
    const { messages } = await ben.messages.list({ chat_id });
    expect(messages.map((message) => message.message_id)).toEqual([sent.message_id]);
    if (!messages[0]?.media) throw new Error('it carries nothing');
    const file = await ben.media.download(messages[0].media);
    expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);
    await Promise.all([ada.close(), ben.close()]);
  }, 60_000);
});

/** What a call is answered, and after how many milliseconds. */
async function timed(call: Promise<{ status: number }>): Promise<{ status: number; ms: number }> {
  const began = performance.now();
  const { status } = await call;
  return { status, ms: Math.round(performance.now() - began) };
}

async function away(name: StoreName, how: 'frozen' | 'stopped', work: () => Promise<void>): Promise<void> {
  const store = cluster.stack.stores[name];
  if (!store) throw new Error(`there is no ${name} here: ${cluster.stack.missing[name]}`);
  if (how === 'frozen') store.pause();
  else await store.stop();
  try {
    await work();
  } finally {
    if (how === 'frozen') store.resume();
    else await store.start();
  }
}

describe.each(['frozen', 'stopped'] as const)('stores that are %s', (how) => {
  it('S3', async () => {
    const { ada, ben, chat } = await cast();
    const { token } = ada.user;
    const put = cluster.rest.upload<{ avatar_url: string }>('PUT', '/users/me/avatar', token, {
      bytes: image,
      name: 'a.jpg',
    });
    const { avatar_url } = (await put).data;
    const ready = (await ada.upload(image, 'image', 'a.jpg')).data;
    const bens = await ben.socket();
    await away('s3', how, async () => {
      const send = ada.do('POST', `/chats/${chat}/messages`, {
        client_msg_id: randomUUID(),
        type: 'image',
        payload: { media_id: ready.media_id },
      });
      const calls = {
        image: ada.upload(image, 'image', 'a.jpg'),
        small: ada.upload(text(1), 'document', 'a.txt'),
        large: ada.upload(text(40), 'document', 'a.txt'),
        video: ada.upload(film, 'video', 'a.mp4'),
        photo: cluster.rest.upload('PUT', '/users/me/avatar', token, { bytes: image, name: 'a.jpg' }),
        avatar: ben.fetch(avatar_url),
      };
      const answers = await Promise.all(
        Object.entries(calls).map(async ([name, call]) => [name, await timed(call)] as const),
      );
      for (const [name, { status, ms }] of answers) {
        expect([name, status]).toEqual([name, 503]);
        // A store's timeout is 2.5 s: nothing waits for it twice.
        expect(ms, name).toBeLessThan(5_000);
      }
      await send;
    });
    for (const upload of [ada.upload(image, 'image', 'a.jpg'), ada.upload(text(20), 'document', 'a.txt')]) {
      expect((await upload).status).toBe(201);
    }
    expect((await ben.fetch(avatar_url)).status).toBe(200);
    expect((await ben.history(chat)).map(({ media }) => media?.media_id)).toEqual([ready.media_id]);
    // Away while a worker wants the file.
    const video = (await ada.send(chat, 'video', film, 'a.mp4')).media?.media_id ?? '';
    await away('s3', how, async () => {
      expect((await ada.upload(image, 'image', 'a.jpg')).status).toBe(503);
    });
    await bens.next('media.updated', (data) => data.media_id === video);
    bens.close();
  }, 90_000);

  it.each(['mongodb', 'postgresql'] as const)(
    '%s',
    async (name) => {
      const { ada, ben, chat } = await cast();
      const { media_id } = (await ada.upload(image, 'image', 'a.jpg')).data;
      const drafts = Array.from({ length: 5 }, () => ({
        client_msg_id: randomUUID(),
        type: 'image',
        payload: { media_id },
      }));
      const send = (body: object) =>
        cluster.rest.call('POST', `/chats/${chat}/messages`, { token: ada.user.token, body });
      await send(drafts[0] ?? {});
      await away(name, how, async () => {
        const sends = await Promise.all(drafts.map((draft) => timed(send(draft))));
        const uploads = await Promise.all([
          timed(ada.upload(image, 'image', 'a.jpg')),
          timed(ada.upload(text(20), 'document', 'a.txt')),
        ]);
        for (const { status, ms } of [...sends, ...uploads]) {
          expect(name === 'mongodb' ? [503] : [200, 201, 503]).toContain(status);
          expect(ms).toBeLessThan(5_000);
        }
      });
      await eventually('it is accepted again', async () => {
        const answers = await Promise.all(drafts.map(send));
        return answers.every(({ status }) => status === 200 || status === 201);
      });
      expect((await ada.upload(image, 'image', 'a.jpg')).status).toBe(201);
      const history = await ben.history(chat);
      expect(history.map((message) => message.client_msg_id).sort()).toEqual(
        drafts.map((draft) => draft.client_msg_id).sort(),
      );
      for (const { media } of history) expect(media?.media_id).toBe(media_id);
    },
    90_000,
  );
});

it('a day later the object store has exactly what is known, and that is what messages and people show', async () => {
  const ahead = 25 * 3_600_000;
  const { MINIO_ENDPOINT = '', MINIO_ACCESS_KEY, MINIO_SECRET_KEY, ...given } = cluster.stack.environment;
  const environment = { ...given, MINIO_ENDPOINT, MINIO_ACCESS_KEY, MINIO_SECRET_KEY } as Record<
    string,
    string
  >;
  const clock = { now: () => Date.now() + ahead };
  const runtime = await createRuntime(testConfig({ ...environment, PORT: '0' }), 'api', { clock });
  try {
    const known = async () => {
      const checks = await runtime.core.media.due('9999-01-01T00:00:00.000Z', 10_000);
      return checks.flatMap(({ media }) => [media.object_key, media.thumbnail_key ?? []].flat()).sort();
    };
    const objects = async () => {
      const [endPoint = '', port] = MINIO_ENDPOINT.split(':');
      const account = { accessKey: MINIO_ACCESS_KEY ?? '', secretKey: MINIO_SECRET_KEY ?? '' };
      const client = new Client({ endPoint, port: Number(port), useSSL: false, ...account });
      const names: string[] = [];
      for await (const { name } of client.listObjectsV2(runtime.config.minioBucket, '', true))
        names.push(name);
      return names.sort();
    };
    let deleted = 0;
    for (;;) {
      const cleaned = await cleanMedia(runtime.core, 100);
      deleted += cleaned.deleted;
      if (cleaned.looked === 0) break;
    }
    expect(deleted).toBeGreaterThan(10);
    expect(await objects()).toEqual(await known());
  } finally {
    await runtime.close();
  }
}, 60_000);
