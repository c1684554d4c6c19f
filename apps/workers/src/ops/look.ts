/** `user` and `chat`: what is known of an account and of a chat, without anything that people wrote. */
import { isUnavailable } from '@parley/core';
import type { Operator } from '@parley/runtime';
import { facts, oneLine, table } from './text.ts';

type Write = (text: string) => void;

/** As JSON, for other programs; names are made safe to read there, too. */
function asJson(value: unknown, write: Write): number {
  write(`${JSON.stringify(value, null, 2)}\n`);
  return 0;
}

/** Whether somebody is connected; an operator wants to see the rest while Redis is away, too. */
async function whoIsOnline(
  operator: Pick<Operator, 'online'>,
  ids: readonly string[],
): Promise<{ says(id: string): string; knows(id: string): boolean | null }> {
  const online = await operator.online(ids).catch((error) => {
    if (!isUnavailable(error)) throw error;
    return 'away' as const;
  });
  if (online === 'away') return { says: () => 'Redis does not answer', knows: () => null };
  if (online === null) return { says: () => 'only the server itself knows', knows: () => null };
  return { says: (id) => (online.has(id) ? 'yes' : 'no'), knows: (id) => online.has(id) };
}

export async function showUser(
  operator: Pick<Operator, 'account' | 'online'>,
  phone: string,
  json: boolean,
  write: Write,
): Promise<number> {
  const found = await operator.account(phone);
  if (!found) {
    write('Nobody has this phone number.\n');
    return 1;
  }
  const account = {
    ...found,
    display_name: oneLine(found.display_name),
    sessions: found.sessions.map((one) => ({ ...one, device: oneLine(one.device) })),
  };
  const online = await whoIsOnline(operator, [account.id]);
  if (json) return asJson({ ...account, online: online.knows(account.id) }, write);
  write(
    facts([
      ['id', account.id],
      ['name', account.display_name],
      ['since', account.created_at],
      ['connected', online.says(account.id)],
      ['last seen', account.last_seen],
      ['user_version', account.user_version],
      ['chats', `${account.chats}, and ${account.former_chats} left`],
      ['contacts', `${account.contacts}, ${account.blocked} blocked`],
    ]),
  );
  write(`\nsessions (${account.sessions.length})\n`);
  const sessions = account.sessions.map((one) => [one.session_id, one.signed_in_at, one.used_at, one.device]);
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
  const found = await operator.chat(id);
  if (!found) {
    write(`There is no chat ${id}.\n`);
    return 1;
  }
  const chat = {
    ...found,
    name: oneLine(found.name),
    members: found.members.map((one) => ({ ...one, display_name: oneLine(one.display_name) })),
  };
  const [head, online] = await Promise.all([
    operator.head(id),
    whoIsOnline(
      operator,
      chat.members.map((member) => member.user_id),
    ),
  ]);
  if (json) {
    const members = chat.members.map((one) => ({ ...one, online: online.knows(one.user_id) }));
    return asJson({ ...chat, last_seq: head.seq, version: head.version, members }, write);
  }
  const present = chat.members.filter((member) => member.left_at === null).length;
  write(
    facts([
      ['id', chat.chat_id],
      ['type', chat.type],
      ['name', chat.name],
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
    online.knows(member.user_id) === null ? '?' : online.says(member.user_id),
    member.display_name,
  ]);
  write('\n');
  write(table(['user', 'role', 'since', 'delivered', 'read', 'muted', 'connected', 'name'], rows));
  return 0;
}
