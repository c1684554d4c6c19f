// Files in the views, on a live connection.
import { describe, expect, test } from 'vitest';
import { videoOf } from '../support/chat-model.ts';
import { converged, startWorld, until, type World } from '../support/chat-world.ts';
import { mediaOf, succeed, takeUploads } from '../support/uploads.ts';

async function showing(): Promise<World & { other: string; last: () => unknown }> {
  const world = await startWorld();
  const { client, model, chatId } = world;
  const other = model.everyone[1] ?? '';
  model.send(other, 'hello');
  model.told.length = 0;
  await client.realtime.connect();
  await client.chats.load();
  await client.messages(chatId).load();
  await converged(world);
  return { ...world, other, last: () => client.messages(chatId).all.at(-1) };
}

describe('a message with a file', () => {
  test('shows the file, and what becomes of it, and fetches nothing for that', async () => {
    const world = await showing();
    const { model, other, tell, calls, last, client } = world;
    const before = calls.get('messages.list');
    model.sendVideo(other);
    tell();
    await converged(world);
    expect(last()).toMatchObject({ type: 'video', media: { status: 'processing', thumbnail_url: null } });
    model.edit(1, 'new caption');
    model.process(1);
    tell();
    await converged(world);
    expect(last()).toMatchObject({
      version: model.chat().version,
      payload: { caption: 'new caption' },
      media: { status: 'ready', duration_ms: 12_000, thumbnail_url: expect.any(String) },
    });
    expect(client.chats.all[0]?.last_message).toMatchObject({ preview: '📹 Video' });
    model.deleteForAll(1);
    tell();
    await converged(world);
    expect(last()).toMatchObject({ is_deleted: true, media: null, payload: {} });
    expect(calls.get('messages.list')).toBe(before);
  });

  test('is not changed by news of its file that come again, after the next change', async () => {
    const { model, other, tell, server, last, calls, client } = await showing();
    const before = calls.get('messages.list');
    model.sendVideo(other);
    model.process(1);
    const news = model.told.at(-1);
    model.deleteForAll(1);
    tell();
    await until(() => expect(last()).toMatchObject({ is_deleted: true }));
    const deleted = last();
    server.broadcast('media.updated', news && 'data' in news ? news.data : null);
    model.send(other, 'after it');
    tell();
    await until(() => expect(last()).toMatchObject({ payload: { body: 'after it' } }));
    expect(deleted).toMatchObject({ media: null, version: model.chat().version - 1 });
    expect(client.messages(model.chat().chat_id).all.at(-2)).toBe(deleted);
    expect(calls.get('messages.list')).toBe(before);
  });

  test('is fetched where the number of its file says that something is missing', async () => {
    const world = await showing();
    const { model, other, tell, asked, client, chatId } = world;
    model.sendVideo(other);
    tell();
    const before = asked.length;
    model.send(other, 'lost');
    model.told.length = 0;
    model.process(1);
    tell();
    await until(() => expect(client.messages(chatId).all).toHaveLength(3));
    expect(asked).toHaveLength(before + 1);
    await converged(world);
  });

  test('has what its uploader is told of the file alone, and does not go back', async () => {
    const { model, tell, server, last, client } = await showing();
    model.sendVideo(model.me, { mediaId: client.session ?? '' });
    tell();
    const told = (status: 'ready' | 'processing') => {
      const media = videoOf(client.session ?? '', status);
      const { media_id, thumbnail_url, duration_ms } = media;
      server.broadcast('media.updated', { media_id, status, thumbnail_url, duration_ms, media });
    };
    told('ready');
    await until(() => expect(last()).toMatchObject({ media: { status: 'ready', duration_ms: 12_000 } }));
    const version = model.chat().version;
    expect(last()).toMatchObject({ version });
    told('processing');
    model.send(model.me, 'after it');
    tell();
    await until(() => expect(last()).toMatchObject({ payload: { body: 'after it' } }));
    expect(client.messages(model.chat().chat_id).all.at(-2)).toMatchObject({ media: { status: 'ready' } });
  });

  test.each([
    { what: 'uploaded here is shown at once', known: true, fetches: 0 },
    { what: 'uploaded elsewhere is asked for', known: false, fetches: 1 },
  ])('sent over the live connection and $what', async ({ known, fetches }) => {
    const world = await showing();
    const { client, model, server, asked, chatId, last } = world;
    const side = takeUploads(server);
    const mediaId = model.me;
    side.answer = () => videoOf(mediaId, 'processing');
    if (known) await client.media.upload(new Blob(['x']), { type: 'video' });
    server.onSend = ({ client_msg_id: clientId }) => {
      model.sendVideo(model.me, { here: true, clientId, mediaId });
      const sent = model.told.pop();
      if (sent?.type !== 'sent') throw new Error('The model does not take it');
      return { ok: true, data: sent.data };
    };
    const before = asked.length;
    await client.realtime.send({ chat_id: chatId, type: 'video', payload: { media_id: mediaId } });
    const shown = { media: { media_id: mediaId, status: 'processing' } };
    if (known) expect(last()).toMatchObject(shown);
    await until(() => expect(last()).toMatchObject(shown));
    expect(asked).toHaveLength(before + fetches);
    await converged(world);
  });

  test('sent by a helper is shown as it was stored, with the number that it has', async () => {
    const world = await showing();
    const { client, model, server, calls, chatId, last } = world;
    const side = takeUploads(server);
    side.answer = () => videoOf(model.me, 'processing');
    server.overrides['messages.send'] = (input) => {
      const { client_msg_id: clientId, payload } = input as {
        client_msg_id: string;
        payload: { media_id: string };
      };
      model.sendVideo(model.me, { clientId, mediaId: payload.media_id });
      return model.page(null, 1).messages[0];
    };
    const before = calls.get('messages.list');
    const message = await client.sendVideo(chatId, new Blob(['x']));
    expect(last()).toEqual(message);
    await converged(world);
    expect(calls.get('messages.list')).toBe(before);
  });
});

test('a group whose photo was changed is fetched where no event will tell of it', async () => {
  const world = await startWorld();
  const { client, server, asked, chatId, model } = world;
  const side = takeUploads(server);
  side.before = (request, response) => {
    request.resume();
    model.rename('as the photo changed');
    request.on('end', () => succeed(response, 200, model.chat()));
    return true;
  };
  await client.messages(chatId).load();
  const before = asked.length;
  await client.setGroupAvatar(chatId, new Blob(['x'], { type: mediaOf('image').mime_type }));
  await client.settled();
  expect(asked).toHaveLength(before + 1);
  expect(client.chats.find(chatId)?.name).toBe('as the photo changed');
});
