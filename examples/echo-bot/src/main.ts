/** A bot that says again what it is told: `node examples/echo-bot/src/main.ts <url> <phone> <session file>`. */
import { createInterface } from 'node:readline/promises';
import { createClient, type Message, type ParleyError } from '@parley/sdk';
import { fileStorage } from '@parley/sdk/node';
import { uuidOf } from './uuid.ts';

const [url = 'http://localhost:3000', phone = '+999555000001', file = 'echo-bot.session'] =
  process.argv.slice(2);
const client = createClient({ url, storage: fileStorage(file) });
const ask = () => createInterface(process.stdin, process.stdout).question(`The code that ${phone} got: `);
// What is under way when the bot is stopped is done when it is started again.
const report = (error: unknown) => (error as ParleyError).code === 'ABORTED' || console.error(error);

async function answer({ message_id, chat_id, sender_id, payload, ...rest }: Message) {
  // Replies are not answered, so that two bots do not talk for ever.
  if (sender_id === client.session || !('body' in payload) || rest.reply_to_message_id) return;
  // However often this is tried, and after whatever crash, there is one answer: its id is made of the message.
  const client_msg_id = uuidOf(`echo ${message_id}`);
  const draft = { type: 'text', payload: { body: payload.body }, reply_to_message_id: message_id } as const;
  await client.realtime.send({ ...draft, chat_id, client_msg_id });
  await client.realtime.read(chat_id, message_id);
}

/** What was said while the bot was away: the unread messages of its chats. */
async function catchUp() {
  await client.chats.load();
  for (const { chat_id, unread_count } of client.chats.all.filter((chat) => chat.unread_count > 0)) {
    const { messages } = await client.messages.list({ chat_id, limit: Math.min(unread_count, 100) });
    for (const message of messages.toReversed()) await answer(message);
  }
}

await client.ready;
if (!client.session) await client.signIn({ phone, requestCode: ({ otp_dev }) => otp_dev ?? ask() });
client.realtime.on('message.new', (message) => void answer(message).catch(report));
client.realtime.onStatus((status) => status === 'online' && void catchUp().catch(report));
await client.realtime.connect();
console.log(`Answering as ${client.session}`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => client.close());
