/** Real files through the SDK, from one person's device to another's: the same bytes, but for what is removed from photos. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message } from '@parley/contract';
import type { ParleyClient } from '@parley/sdk';
import { fileFrom } from '@parley/sdk/node';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clip, docx, pdf, photo, voice } from '../support/files.ts';
import { startParley, type TestParley } from '../support/parley.ts';
import { person } from '../support/sdk.ts';

type Person = ParleyClient & { id: string };

let parley: TestParley;
let [ada, ben]: Person[] = [];
let chat: string;
beforeAll(async () => {
  parley = await startParley();
  [ada, ben] = await Promise.all([person(parley.url, 'Ada'), person(parley.url, 'Ben')]);
  chat = (await adas().chats.create({ type: 'direct', participant_id: bens().id })).chat_id;
  await bens().realtime.connect();
});
afterAll(async () => {
  await Promise.all([ada?.close(), ben?.close()]);
  await parley?.[Symbol.asyncDispose]();
});

const adas = () => ada as Person;
const bens = () => ben as Person;

/** What Ben gets of what Ada sends: the message as it arrives, and the bytes behind it. */
async function received(send: () => Promise<Message>): Promise<{ message: Message; bytes: Buffer }> {
  const arrived = new Promise<Message>((resolve) => {
    const off = bens().realtime.on('message.new', (message) => {
      off();
      resolve(message as Message);
    });
  });
  const sent = await send();
  const message = await arrived;
  expect(message.message_id).toBe(sent.message_id);
  if (!message.media) throw new Error('the message carries nothing');
  const file = await bens().media.download(message.media);
  return { message, bytes: Buffer.from(await file.arrayBuffer()) };
}

const file = (bytes: Buffer, name: string, type: string) => new File([new Uint8Array(bytes)], name, { type });

it('a photo arrives without the place it was taken, and with every pixel', async () => {
  const original = await photo();
  const progress: number[] = [];
  const { message, bytes } = await received(() =>
    adas().sendImage(chat, file(original, 'lake.jpg', 'image/jpeg'), {
      caption: 'At the lake',
      onProgress: ({ loaded, total }) => progress.push(loaded / total),
    }),
  );
  expect(progress.at(-1)).toBe(1);
  expect(message.payload).toMatchObject({ caption: 'At the lake' });
  expect(message.media).toMatchObject({ width: 1200, height: 800, status: 'ready', filename: 'lake.jpg' });
  expect((await sharp(bytes).metadata()).exif).toBeUndefined();
  const pixels = (image: Buffer) => sharp(image).raw().toBuffer();
  expect((await pixels(bytes)).equals(await pixels(original))).toBe(true);
  // What is left out is all that is different.
  expect(bytes.length).toBeLessThan(original.length);
});

it('a video, a voice note, a PDF and a document of a word processor arrive byte for byte', async () => {
  const film = await clip();
  const note = await voice();
  const sends: [Buffer, () => Promise<Message>][] = [
    [film, () => adas().sendVideo(chat, file(film, 'a.mp4', 'video/mp4'))],
    [note, () => adas().sendVoice(chat, file(note, 'a.ogg', 'audio/ogg'), { durationMs: 3000 })],
    [pdf(), () => adas().sendDocument(chat, file(pdf(), 'Übersicht.pdf', 'application/pdf'))],
    [docx(), () => adas().sendFile(chat, file(docx(), 'letter.docx', ''))],
  ];
  for (const [original, send] of sends) {
    const { message, bytes } = await received(send);
    expect([message.type, bytes.equals(original)]).toEqual([message.type, true]);
  }
  await expect
    .poll(async () => (await bens().messages.list({ chat_id: chat })).messages.map((m) => m.media?.status), {
      timeout: 20_000,
    })
    .toEqual(['ready', 'ready', 'ready', 'ready', 'ready']);
  const [, , heard, seen] = (await bens().messages.list({ chat_id: chat })).messages;
  expect(seen?.media).toMatchObject({ width: 320, height: 240 });
  expect(seen?.media?.thumbnail_url).not.toBeNull();
  expect(heard?.media?.duration_ms).toBeGreaterThan(2_900);
});

it('a file of the disk goes up as it is read, and what the server refuses says why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-disk-'));
  try {
    const path = join(folder, 'page.pdf');
    await writeFile(path, pdf());
    const { bytes } = await received(async () => adas().sendDocument(chat, await fileFrom(path)));
    expect(bytes.equals(pdf())).toBe(true);
    const broken = adas().sendImage(chat, file(pdf(), 'a.jpg', 'image/jpeg'));
    await expect(broken).rejects.toMatchObject({ name: 'ParleyError', code: 'MEDIA_INVALID_TYPE' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
