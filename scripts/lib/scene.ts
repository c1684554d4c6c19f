/** A lively evening among five people, for pictures of the web client: written through the SDK, as people would. */
import { createClient, type Message, type ParleyClient } from '@parley/sdk';
import { hum, landscape, portrait } from './scene-files.ts';

export interface Scene extends AsyncDisposable {
  /** Whose eyes one looks through. */
  readonly phone: string;
  readonly chats: Readonly<Record<'group' | 'direct', string>>;
}

type Someone = ParleyClient & { id: string; phone: string };

const cast = {
  mina: ['Mina Larsen', 'At the lake', '#f0b48c', '#7a3b2e'],
  jonas: ['Jonas Weber', 'Rowing, mostly', '#8fc1d4', '#1f4a63'],
  aylin: ['Aylin Demir', 'Coffee first', '#f3d08a', '#8a4b12'],
  emil: ['Emil Novák', '', '#b7d3a0', '#2f5a3a'],
  greta: ['Greta Holm', 'On call until Friday', '#d9b3d6', '#5b2d5e'],
} as const;
type Name = keyof typeof cast;

/** Fills a server that has nobody yet; ends the clients it used with the scene. */
export async function setScene(url: string): Promise<Scene> {
  await using cleanup = new AsyncDisposableStack();
  const people = {} as Record<Name, Someone>;
  for (const [index, name] of Object.keys(cast).entries()) {
    const someone = await signUp(url, name as Name, `+49151700000${index + 1}`);
    cleanup.defer(() => someone.close());
    people[name as Name] = someone;
  }
  const { mina, jonas, aylin, emil, greta } = people;
  const phone_numbers = [jonas, aylin, emil, greta].map(({ phone }) => phone);
  await mina.users.syncContacts({ phone_numbers });

  await talk(await direct(emil, mina), [
    [emil, 'The spare key is with the neighbours.'],
    [mina, 'Good to know, thank you!'],
  ]);
  await talk(await direct(greta, mina), [
    [mina, 'Can you swap Thursday with me?'],
    [greta, 'Yes, that works for me 👍'],
    [greta, 'I told the others already.'],
  ]);
  const withAylin = await direct(aylin, mina);
  await talk(withAylin, [
    [aylin, 'The train at 9:14 has seats by the window.'],
    [mina, 'Then let us take that one.'],
  ]);
  await aylin.sendVoice(withAylin, file(await hum(7), 'voice.ogg', 'audio/ogg'), {
    durationMs: 7000,
  });
  const withJonas = await direct(jonas, mina);
  await talk(withJonas, [
    [jonas, 'Did you see the forecast?'],
    [mina, 'Sun until Sunday evening ☀️'],
    [jonas, 'I am bringing the guitar, then.'],
  ]);
  const group = await weekend(people);
  for (const chat of [withJonas, withAylin, group]) await readAll(mina, chat);
  await mina.chats.pin({ id: group, is_pinned: true });
  const all = cleanup.move();
  return {
    phone: mina.phone,
    chats: { group, direct: withAylin },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** The group, with one of each thing that can be said. */
async function weekend({ mina, jonas, aylin, emil }: Record<Name, Someone>): Promise<string> {
  const { chat_id: chat } = await jonas.chats.create({
    type: 'group',
    name: 'Weekend at the lake',
    participant_ids: [mina.id, aylin.id, emil.id],
  });
  await jonas.chats.update({ id: chat, description: 'The house is ours from Friday at four.' });
  await jonas.setGroupAvatar(chat, file(await landscape(640, 640), 'group.jpg', 'image/jpeg'));
  const photo = await jonas.sendFile(chat, file(await landscape(1200, 640), 'lake.jpg', 'image/jpeg'), {
    caption: 'The view from the house this morning',
  });
  const wonderful = await say(aylin, chat, 'Wonderful! Is the water warm enough to swim?');
  await say(jonas, chat, '19 degrees. Warm enough for me 😄', wonderful);
  const boat = await say(mina, chat, 'I have reserved the rowing boat for Saturday, ten o’clock');
  await emil.sendVoice(chat, file(await hum(12), 'voice.ogg', 'audio/ogg'), { durationMs: 12_000 });
  const coffee = await say(mina, chat, 'Emil takes the oars first, and I bring coffee ☕');
  for (const [who, what, emoji] of [
    [mina, photo, '😍'],
    [aylin, photo, '😍'],
    [emil, photo, '👍'],
    [jonas, boat, '🚣'],
    [aylin, boat, '🚣'],
    [aylin, coffee, '😂'],
  ] as const) {
    await who.messages.react({ id: what.message_id, emoji });
  }
  for (const who of [jonas, aylin, emil]) await readAll(who, chat);
  return chat;
}

async function signUp(url: string, name: Name, phone: string): Promise<Someone> {
  const client = createClient({ url });
  const { id } = await client.signIn({
    phone,
    requestCode: async ({ otp_dev }: { otp_dev?: string | undefined }) => otp_dev ?? '',
  });
  const [display_name, status_text, light, dark] = cast[name];
  await client.users.updateMe({ display_name, ...(status_text && { status_text }) });
  // One of them has no photo.
  if (name !== 'emil') await client.setAvatar(file(await portrait(light, dark), 'me.jpg', 'image/jpeg'));
  return Object.assign(client, { id, phone });
}

async function direct(from: Someone, to: Someone): Promise<string> {
  return (await from.chats.create({ type: 'direct', participant_id: to.id })).chat_id;
}

async function talk(chat: string, lines: readonly (readonly [Someone, string])[]): Promise<void> {
  for (const [who, body] of lines) await say(who, chat, body);
}

function say(who: Someone, chat: string, body: string, replyTo?: Message): Promise<Message> {
  return who.messages.send({
    chat_id: chat,
    client_msg_id: crypto.randomUUID(),
    type: 'text',
    payload: { body },
    reply_to_message_id: replyTo?.message_id ?? null,
  });
}

async function readAll(who: Someone, chat: string): Promise<void> {
  const { messages } = await who.messages.list({ chat_id: chat, limit: 1 });
  const [newest] = messages;
  if (newest) await who.messages.markRead({ chat_id: chat, up_to_message_id: newest.message_id });
}

function file(bytes: Buffer, name: string, type: string): File {
  return new File([new Uint8Array(bytes)], name, { type });
}
