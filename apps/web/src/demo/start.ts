/** Two people who know each other, and what they said so far. */
import type { ParleyClient } from '@parley/sdk';
import { texts } from '../texts/texts.ts';
import { createDemoClient, type Person, signInPerson } from './person.ts';

export interface Pair {
  readonly people: readonly [Person, Person];
  /** The chat between the two. */
  readonly chatId: string;
}

export interface Starting {
  readonly pair: Promise<Pair>;
  /** Lets go of both clients; their sessions stay with the tab. */
  readonly close: () => void;
}

/** Signs both in, and has them say something if they have not yet. */
export function startDemo(): Starting {
  const clients = [createDemoClient('1'), createDemoClient('2')] as const;
  return {
    pair: meet(clients),
    close: () => {
      for (const client of clients) void client.close();
    },
  };
}

async function meet([mine, theirs]: readonly [ParleyClient, ParleyClient]): Promise<Pair> {
  const { people, lines } = texts.demo;
  const [first, second] = await Promise.all([
    signInPerson(mine, people.first),
    signInPerson(theirs, people.second),
  ]);
  const { chat_id, last_message } = await mine.chats.create({ type: 'direct', participant_id: second.id });
  if (last_message === null) {
    await say(first, chat_id, lines.first);
    await say(second, chat_id, lines.second);
    const up_to_message_id = await say(first, chat_id, lines.third);
    // Both were there when it was said.
    await Promise.all([mine, theirs].map(({ messages }) => messages.markRead({ chat_id, up_to_message_id })));
  }
  return { people: [first, second], chatId: chat_id };
}

async function say({ client }: Person, chat_id: string, body: string): Promise<string> {
  const { message_id } = await client.messages.send({
    chat_id,
    client_msg_id: crypto.randomUUID(),
    type: 'text',
    payload: { body },
  });
  return message_id;
}
