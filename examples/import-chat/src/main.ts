/** Imports a chat that WhatsApp has exported into a group; see `usage` in options.ts. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { createClient, type ParleyClient } from '@parley/sdk';
import { fileStorage } from '@parley/sdk/node';
import { parseExport } from '../../demo/src/parse.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { type Text, textsOf } from './texts.ts';

/** Messages that wait for their answers at a time. The SDK keeps their order, and the server's rate limit. */
const ahead = 16;

async function signIn(client: ParleyClient, phone: string | undefined): Promise<void> {
  await client.ready;
  if (client.session) return;
  if (!phone) throw new Error('nobody is signed in yet: say who imports with --phone');
  const ask = () =>
    createInterface(process.stdin, process.stdout).question(`The code that ${phone} received: `);
  await client.signIn({ phone, requestCode: ({ otp_dev }) => otp_dev ?? ask() });
}

/** The id of the group. Errors: an `Error` where there is none of that name, or more than one. */
async function findGroup(client: ParleyClient, name: string): Promise<string> {
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await client.chats.list({ limit: 100, ...(cursor === null ? {} : { cursor }) });
    for (const chat of page.chats) if (chat.type === 'group' && chat.name === name) found.push(chat.chat_id);
    cursor = page.next_cursor;
  } while (cursor !== null);
  const [only, ...others] = found;
  if (only === undefined) throw new Error(`you are in no group with the name ${name}`);
  if (others.length > 0) throw new Error(`you are in ${found.length} groups with the name ${name}`);
  return only;
}

/** How many texts are in the group already: they were sent in their order, so the newest one that is there tells. */
async function countSent(client: ParleyClient, chat_id: string, texts: readonly Text[]): Promise<number> {
  const places = new Map(texts.map(({ client_msg_id }, at) => [client_msg_id, at]));
  let cursor: string | null = null;
  do {
    const page = await client.messages.list({ chat_id, limit: 100, ...(cursor === null ? {} : { cursor }) });
    for (const message of page.messages) {
      const at = message.sender_id === client.session ? places.get(message.client_msg_id) : undefined;
      if (at !== undefined) return at + 1;
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
  return 0;
}

async function importChat(client: ParleyClient, options: Options): Promise<void> {
  const chat = parseExport(await readFile(options.file, 'utf8'));
  for (const { line, message } of chat.warnings) console.warn(`line ${line}: ${message}`);
  const chat_id = await findGroup(client, options.group);
  const texts = textsOf(chat, chat_id);
  const sent = await countSent(client, chat_id, texts);
  if (sent > 0) console.log(`${sent} of ${texts.length} are there already`);
  await client.realtime.connect();
  const waiting: Promise<unknown>[] = [];
  for (const [at, { client_msg_id, body }] of texts.entries()) {
    if (at < sent) continue;
    waiting.push(client.realtime.send({ chat_id, client_msg_id, type: 'text', payload: { body } }));
    if (waiting.length >= ahead) await waiting.shift();
    if ((at + 1) % 100 === 0) console.log(`${at + 1} of ${texts.length}`);
  }
  await Promise.all(waiting);
  console.log(`All ${texts.length} are there`);
}

try {
  const options = parseOptions(process.argv.slice(2));
  await using client = createClient({ url: options.url, storage: fileStorage(options.session) });
  await signIn(client, options.phone);
  await importChat(client, options);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}
