/** Files in conversations (contract section 2, Media). */
import { randomUUID } from 'node:crypto';
import type { Media, OutputOf } from '@parley/contract';
import { cleanMedia } from '@parley/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { animation, clip, pdf, photo, voice, zip } from '../support/files.ts';
import { startParley, type TestParley } from '../support/parley.ts';
import { cast, type Message, Person } from '../support/people.ts';

const hour = 3_600_000;
/** Ahead of the real time, for what takes days. */
let ahead = 0;
let parley: TestParley;
beforeAll(async () => {
  parley = await startParley({}, { clock: { now: () => Date.now() + ahead } });
});
afterAll(() => parley[Symbol.asyncDispose]());

async function two() {
  const people = await cast(parley, 'ada', 'ben', 'eve');
  return { ...people, chat: await people.ada.direct(people.ben) };
}

async function bytesOf(who: Person, url: string): Promise<Buffer> {
  const response = await who.fetch(url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** The clean-up as it runs by itself, by so much later; says how many files it deleted. */
async function cleanedIn(ms: number): Promise<number> {
  await parley.settled();
  ahead += ms;
  const core = parley.runtimes[0]?.core;
  if (!core) throw new Error('nothing runs');
  return (await cleanMedia(core, 1_000)).deleted;
}

/** The same person, whose token ran out meanwhile. */
async function back(who: Person): Promise<Person> {
  return new Person(parley, await parley.rest.signIn(who.user.phone), who.name);
}

describe('an image', () => {
  it('is answered upright, with its size and thumbnail, and without what the camera noted', async () => {
    const { ada } = await two();
    const upload = await ada.upload(await photo({ orientation: 6 }), 'image', 'résumé (1).jpg');
    expect(upload.status).toBe(201);
    expect(upload.data).toMatchObject({
      type: 'image',
      mime_type: 'image/jpeg',
      width: 800,
      height: 1200,
      duration_ms: null,
      filename: 'résumé (1).jpg',
      status: 'ready',
    });
    const stored = await bytesOf(ada, upload.data.url);
    expect(stored).toHaveLength(upload.data.size_bytes);
    const seen = await sharp(stored).metadata();
    expect([seen.width, seen.height, seen.exif, seen.orientation]).toEqual([800, 1200, undefined, undefined]);
    expect(stored.includes('Lakecam')).toBe(false);
    const thumbnail = await sharp(await bytesOf(ada, upload.data.thumbnail_url ?? '')).metadata();
    expect(thumbnail).toMatchObject({ width: 200, height: 300, format: 'jpeg' });
  });

  it('that is upright keeps every pixel, and one that moves goes on moving', async () => {
    const { ada } = await two();
    const original = await photo();
    const { data } = await ada.upload(original, 'image', 'a.jpg');
    const stored = await bytesOf(ada, data.url);
    const pixels = (bytes: Buffer) => sharp(bytes).raw().toBuffer();
    expect((await pixels(stored)).equals(await pixels(original))).toBe(true);
    expect(stored.includes('Lakecam')).toBe(false);
    const moving = await ada.upload(await animation(), 'image', 'a.gif');
    const { pages, delay } = await sharp(await bytesOf(ada, moving.data.url)).metadata();
    expect([pages, delay]).toEqual([5, [200, 200, 200, 200, 200]]);
  });
});

describe('what is refused', () => {
  it('is anything but the kinds of the contract, by its bytes', async () => {
    const { ada } = await two();
    const exe = Buffer.concat([Buffer.from('MZ\x90\x00', 'latin1'), Buffer.alloc(4096)]);
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    const html = Buffer.from('<!doctype html><script>alert(1)</script>');
    const cut = (await photo()).subarray(0, 20_000);
    const cases: [Buffer, Media['type'], string][] = [
      [exe, 'image', 'a.jpg'],
      [svg, 'image', 'a.png'],
      [html, 'document', 'a.txt'],
      [cut, 'image', 'a.jpg'],
      [zip({ 'a.txt': 'hello' }), 'document', 'a.docx'],
      [await clip(), 'image', 'a.mp4'],
      [Buffer.alloc(0), 'document', 'a.txt'],
    ];
    for (const [bytes, type, name] of cases) {
      const { status, body } = await ada.upload(bytes, type, name);
      expect([name, status, body.error?.code]).toEqual([name, 415, 'MEDIA_INVALID_TYPE']);
    }
  });

  it('is a byte more than the limit', async () => {
    const { ada } = await two();
    const text = Buffer.alloc(16 * 2 ** 20 + 1, 0xff);
    const jpeg = await photo();
    const tooMuch = Buffer.concat([jpeg.subarray(0, 2), segment(), jpeg.subarray(2), text]);
    const { status, body } = await ada.upload(tooMuch, 'image', 'a.jpg');
    expect([status, body.error?.code]).toEqual([413, 'MEDIA_TOO_LARGE']);
  });

  it('is to be sent: a file of somebody else, of another type, or of nobody', async () => {
    const { ada, eve, chat } = await two();
    const { data } = await eve.upload(await photo(), 'image', 'a.jpg');
    const send = (type: string, media_id: string) =>
      ada.refused('POST', `/chats/${chat}/messages`, {
        client_msg_id: randomUUID(),
        type,
        payload: { media_id },
      });
    expect(await send('image', data.media_id)).toBe('NOT_FOUND');
    expect(await send('image', randomUUID())).toBe('NOT_FOUND');
    const own = await ada.upload(await photo(), 'image', 'a.jpg');
    expect(await send('video', own.data.media_id)).toBe('VALIDATION_ERROR');
  });
});

/** A comment of a JPEG, which says nothing. */
function segment(): Buffer {
  return Buffer.from([0xff, 0xfe, 0x00, 0x04, 0x20, 0x20]);
}

describe('a file in a message', () => {
  it('comes with the message, in history, and to who it is forwarded to; its address needs no token', async () => {
    const { ada, ben, eve, chat } = await two();
    const socket = await ben.socket();
    const bytes = pdf();
    const sent = await ada.send(chat, 'document', bytes, 'Jahresbericht – Übersicht.pdf');
    const told = await socket.next('message.new');
    expect(told.media).toMatchObject({
      media_id: sent.media?.media_id,
      filename: 'Jahresbericht – Übersicht.pdf',
    });
    const [found] = await ben.history(chat);
    const response = await ben.fetch(found?.media?.url ?? '');
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''Jahresbericht");
    const onward = await ben.direct(eve);
    await ben.do('POST', `/messages/${sent.message_id}/forward`, { target_chat_ids: [onward] });
    const [copy] = await eve.history(onward);
    expect((await bytesOf(eve, copy?.media?.url ?? '')).equals(bytes)).toBe(true);
    socket.close();
  });

  it('goes over both sockets like any message, and its caption can be edited', async () => {
    const { ada, ben, chat } = await two();
    const { media_id } = (await ada.upload(await photo(), 'image', 'a.jpg')).data;
    for (const kind of ['raw', 'socket.io'] as const) {
      const [adas, bens] = await Promise.all([ada.socket(kind), ben.socket(kind)]);
      const payload = { media_id, caption: `over ${kind}` };
      const client_msg_id = randomUUID();
      await adas.ask('message.send', { chat_id: chat, client_msg_id, type: 'image', payload });
      const told = await bens.next('message.new');
      expect(told).toMatchObject({ payload, media: { media_id, width: 1200, status: 'ready' } });
      const edit = { caption: 'edited' };
      await ada.do('PATCH', `/messages/${told.message_id}`, { payload: edit });
      expect(await bens.next('message.edited')).toMatchObject({
        payload: { media_id, ...edit },
        media: { media_id },
      });
      for (const socket of [adas, bens]) socket.close();
    }
  });

  it('can be read by who uploaded it and who sees the message, and by nobody else', async () => {
    const { ada, ben, eve } = await two();
    const { chat_id: chat } = await ada.group('Lake', ben);
    const sent = await ada.send(chat, 'document', Buffer.from('a text\n'), 'a.txt');
    const path = `/media/${sent.media?.media_id}`;
    for (const who of [ada, ben]) expect((await who.do<Media>('GET', path)).size_bytes).toBe(7);
    expect(await eve.refused('GET', path)).toBe('NOT_FOUND');
    await ada.do('POST', `/chats/${chat}/participants`, { user_ids: [eve.id] });
    expect(await eve.refused('GET', path)).toBe('NOT_FOUND');
    await ada.do('DELETE', `/chats/${chat}/participants/${ben.id}`);
    expect((await ben.do<Media>('GET', path)).media_id).toBe(sent.media?.media_id);
    const redirect = await fetch(`${parley.url}/api/v1${path}/download`, {
      redirect: 'manual',
      headers: { authorization: `Bearer ${ben.user.token}` },
    });
    expect(redirect.status).toBe(302);
    expect((await bytesOf(ben, redirect.headers.get('location') ?? '')).toString()).toBe('a text\n');
    await ada.do('DELETE', `/messages/${sent.message_id}?for=everyone`);
    expect(await ben.refused('GET', path)).toBe('NOT_FOUND');
  });

  it('is served in parts, as what it is, and its address neither changes nor can be changed', async () => {
    const { ada } = await two();
    const bytes = await voice();
    const { data } = await ada.upload(bytes, 'audio', 'note.ogg');
    const part = await ada.fetch(data.url, { range: 'bytes=100-199' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    expect(part.headers.get('content-type')).toMatch(/^audio\/ogg/);
    expect((await ada.do<Media>('GET', `/media/${data.media_id}`)).url).toBe(data.url);
    const forged = new URL(data.url, parley.url);
    forged.pathname = forged.pathname.replace(data.media_id, randomUUID());
    expect((await ada.fetch(forged.href)).status).toBe(403);
  });
});

describe('a video', () => {
  it('is looked into after its upload, and everyone who has it is told', async () => {
    const { ada, ben, chat } = await two();
    const [adas, bens] = await Promise.all([ada.socket('socket.io'), ben.socket()]);
    const sent = await ada.send(chat, 'video', await clip(), 'a.mp4');
    const ready = { status: 'ready', media_id: sent.media?.media_id };
    const heard = await bens.next('media.updated');
    expect(heard).toMatchObject({ ...ready, chat_id: chat, message_id: sent.message_id });
    expect(heard.version).toBe(sent.version + 1);
    expect(heard.duration_ms).toBeGreaterThan(1_900);
    expect(await adas.next('media.updated')).toMatchObject(ready);
    const [found] = await ben.history(chat);
    expect(found?.media).toMatchObject({ ...ready, width: 320, height: 240 });
    const thumbnail = await sharp(await bytesOf(ben, found?.media?.thumbnail_url ?? '')).metadata();
    expect([thumbnail.width, thumbnail.height]).toEqual([200, 150]);
    for (const socket of [adas, bens]) socket.close();
  });
});

describe('files that nothing refers to', () => {
  it('are deleted after a day, and those that something refers to are not', async () => {
    const { ada, ben, chat } = await two();
    const lonely = (await ada.upload(await photo(), 'image', 'a.jpg')).data;
    const sent = await ada.send(chat, 'image', await photo(), 'b.jpg');
    await cleanedIn(23 * hour);
    const then = await back(ada);
    await bytesOf(ada, (await then.do<Media>('GET', `/media/${lonely.media_id}`)).url);
    expect(await cleanedIn(2 * hour)).toBeGreaterThan(0);
    expect(await (await back(ada)).refused('GET', `/media/${lonely.media_id}`)).toBe('NOT_FOUND');
    const [kept] = await (await back(ben)).history(chat);
    await bytesOf(ben, kept?.media?.url ?? '');
    expect(kept?.message_id).toBe(sent.message_id);
  });

  it('go with the last message that carried them', async () => {
    const { ada, ben, eve, chat } = await two();
    const sent = await ada.send(chat, 'image', await photo(), 'a.jpg');
    const other = await ada.direct(eve);
    await ada.do('POST', `/messages/${sent.message_id}/forward`, { target_chat_ids: [other] });
    const [copy] = await eve.history(other);
    await ada.do('DELETE', `/messages/${sent.message_id}?for=everyone`);
    await cleanedIn(5 * 60_000);
    const path = `/media/${sent.media?.media_id}`;
    expect((await eve.do<Media>('GET', path)).status).toBe('ready');
    expect(await ben.refused('GET', path)).toBe('NOT_FOUND');
    await ada.do('DELETE', `/messages/${copy?.message_id}?for=everyone`);
    await cleanedIn(5 * 60_000);
    expect(await ada.refused('GET', path)).toBe('NOT_FOUND');
  });
});

describe('photos of people and groups', () => {
  type Profile = OutputOf<'users.get'>;
  const put = (who: Person, path: string, bytes: Buffer) =>
    parley.rest.upload<Profile>('PUT', path, who.user.token, { bytes, name: 'me.jpg' });

  it('are made small, shown to who may see them, and deleted when they are replaced', async () => {
    const { ada, ben } = await two();
    const mine = (await put(ada, '/users/me/avatar', await photo({ orientation: 6 }))).data;
    expect(mine.avatar_url).toMatch(/^\/avatars\//);
    const seen = (await ben.do<Profile>('GET', `/users/${ada.id}`)).avatar_url;
    expect(seen).toBe(mine.avatar_url);
    const shown = await sharp(await bytesOf(ben, seen)).metadata();
    expect([shown.width, shown.height, shown.exif]).toEqual([640, 640, undefined]);
    await put(ada, '/users/me/avatar', await photo());
    await cleanedIn(3 * hour);
    expect((await ben.fetch(seen)).status).toBe(404);
    await cleanedIn(40 * 24 * hour);
    await bytesOf(ben, (await (await back(ben)).do<Profile>('GET', `/users/${ada.id}`)).avatar_url);
  });

  it('of groups are set by admins, and everybody is told', async () => {
    const { ada, ben, eve } = await two();
    const { chat_id: chat } = await ada.group('Lake', ben);
    const socket = await ben.socket();
    expect((await put(ben, `/chats/${chat}/avatar`, await photo())).body.error?.code).toBe('NOT_ADMIN');
    expect((await put(eve, `/chats/${chat}/avatar`, await photo())).body.error?.code).toBe('CHAT_NOT_FOUND');
    const { avatar_url } = (await put(ada, `/chats/${chat}/avatar`, await photo())).data;
    expect(await socket.next('chat.updated')).toMatchObject({ chat_id: chat, changes: { avatar_url } });
    await bytesOf(ben, (await ben.chat(chat)).avatar_url);
    // Nobody can make another's photo its own.
    expect(await eve.refused('PATCH', '/users/me', { avatar_url })).toBe('VALIDATION_ERROR');
    socket.close();
  });
});

it('a page of history asks for its files once', async () => {
  const { ada, ben, chat } = await two();
  const { data } = await ada.upload(await photo({ width: 64, height: 64 }), 'image', 'a.jpg');
  const payload = { media_id: data.media_id };
  const sent: Message[] = [];
  for (let n = 0; n < 12; n++) {
    const body = { client_msg_id: randomUUID(), type: 'image', payload: { ...payload, caption: String(n) } };
    sent.push(await ada.do('POST', `/chats/${chat}/messages`, body));
  }
  const page = await ben.history(chat);
  expect(page.map((message) => message.media?.url)).toEqual(sent.map((message) => message.media?.url));
});
