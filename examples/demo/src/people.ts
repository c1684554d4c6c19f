/** The people of an export, signed in and connected through the SDK. */
import { randomInt } from 'node:crypto';
import { createClient, type ParleyClient } from '@parley/sdk';
import { readCode } from './server.ts';

export interface Person {
  name: string;
  id: string;
  client: ParleyClient;
  /** Chats with each other person, by name. */
  chats: Map<string, string>;
}

/** A number nobody has: the country code +999 is not assigned. */
function demoPhone(): string {
  return `+999${String(randomInt(1e10)).padStart(10, '0')}`;
}

async function enter(url: string, name: string): Promise<Person> {
  const client = createClient({ url });
  const phone = demoPhone();
  await client.signIn({
    phone,
    requestCode: ({ otp_dev }: { otp_dev?: string | undefined }) => readCode(url, phone, otp_dev),
  });
  const me = await client.users.updateMe({ display_name: [...name].slice(0, 64).join('') });
  await client.realtime.connect();
  return { name, id: me.id, client, chats: new Map() };
}

/** Signs everybody in, one after the other (servers limit sign-ins per address), and opens a chat per pair. */
export async function gather(url: string, names: readonly string[]): Promise<Person[]> {
  const people: Person[] = [];
  for (const name of names) people.push(await enter(url, name));
  for (const [index, one] of people.entries()) {
    for (const other of people.slice(index + 1)) {
      const chat = await one.client.chats.create({ type: 'direct', participant_id: other.id });
      one.chats.set(other.name, chat.chat_id);
      other.chats.set(one.name, chat.chat_id);
    }
  }
  return people;
}
