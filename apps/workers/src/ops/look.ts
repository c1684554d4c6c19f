/** `user` and `chat`: what is known of an account and of a chat, without anything that people wrote. */
import type { Operator } from '@parley/runtime';
import { oneLine, table } from './text.ts';

type Write = (text: string) => void;

/** Everything as JSON, for other programs. */
function asJson(value: unknown, write: Write): number {
  write(`${JSON.stringify(value, null, 2)}\n`);
  return 0;
}

/** Pairs of a name and a value, one a line. */
function facts(pairs: readonly (readonly [string, string | number | null])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value ?? '–'}\n`).join('');
}

export async function showUser(
  operator: Pick<Operator, 'account' | 'online'>,
  phone: string,
  json: boolean,
  write: Write,
): Promise<number> {
  const account = await operator.account(phone);
  if (!account) {
    write('Nobody has this phone number.\n');
    return 1;
  }
  const online = await operator.online([account.id]);
  const connected = online === null ? 'only the server itself knows' : online.has(account.id) ? 'yes' : 'no';
  if (json) return asJson({ ...account, online: online?.has(account.id) }, write);
  write(
    facts([
      ['id', account.id],
      ['name', oneLine(account.display_name)],
      ['since', account.created_at],
      ['connected', connected],
      ['last seen', account.last_seen],
      ['user_version', account.user_version],
      ['chats', `${account.chats}, and ${account.former_chats} left`],
      ['contacts', `${account.contacts}, ${account.blocked} blocked`],
    ]),
  );
  write(`\nsessions (${account.sessions.length})\n`);
  const sessions = account.sessions.map((one) => [
    one.session_id,
    one.signed_in_at,
    one.used_at,
    oneLine(one.device),
  ]);
  if (sessions.length > 0) write(table(['id', 'signed in', 'last refreshed', 'device'], sessions));
  write(`\npush tokens (${account.push_tokens.length})\n`);
  const tokens = account.push_tokens.map((one) => [
    one.platform,
    `…${one.ending}`,
    one.registered_at,
    one.session_id ?? '–',
  ]);
  if (tokens.length > 0) write(table(['platform', 'token', 'registered', 'session'], tokens));
  return 0;
}

export async function showChat(
  operator: Pick<Operator, 'chat' | 'head' | 'online'>,
  id: string,
  json: boolean,
  write: Write,
): Promise<number> {
  const chat = await operator.chat(id);
  if (!chat) {
    write(`There is no chat ${id}.\n`);
    return 1;
  }
  const [head, online] = await Promise.all([
    operator.head(id),
    operator.online(chat.members.map((member) => member.user_id)),
  ]);
  if (json) return asJson({ ...chat, last_seq: head.seq, version: head.version }, write);
  const present = chat.members.filter((member) => member.left_at === null).length;
  write(
    facts([
      ['id', chat.chat_id],
      ['type', chat.type],
      ['name', oneLine(chat.name)],
      ['since', chat.created_at],
      ['messages', head.seq],
      ['version', head.version],
      ['state_version', chat.state_version],
      ['disappearing', chat.auto_delete_seconds === 0 ? 'no' : `after ${chat.auto_delete_seconds} s`],
      ['who may send', chat.is_admin_only ? 'admins' : 'all members'],
      ['members', `${present}, and ${chat.members.length - present} left`],
    ]),
  );
  const rows = chat.members.map((member) => [
    member.user_id,
    member.left_at === null ? member.role : 'left',
    member.left_at ?? member.joined_at,
    String(member.delivered_seq),
    String(member.read_seq),
    member.is_muted ? 'yes' : 'no',
    online === null ? '?' : online.has(member.user_id) ? 'yes' : 'no',
    oneLine(member.display_name),
  ]);
  write('\n');
  write(table(['user', 'role', 'since', 'delivered', 'read', 'muted', 'connected', 'name'], rows));
  return 0;
}
