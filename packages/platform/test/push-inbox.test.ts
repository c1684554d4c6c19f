// Pushes of a server that has no push service.
import type { PushData } from '@parley/contract';
import { expect, it } from 'vitest';
import { DevInbox } from '../src/index.ts';
import { inboxPush, pushText } from '../src/push/index.ts';
import { type LogLine, logInto, pushTo } from './support/pushing.ts';

const base = { chat_id: 'c', timestamp: '1' };
const message = { ...base, type: 'new_message', sender_name: 'Ada', message_preview: 'See you at the lake?' };
const group = { chat_type: 'group', chat_name: 'Lake house' };

it.each([
  [{ ...message, ...group }, 'Ada in Lake house: See you at the lake?'],
  [{ ...message, chat_type: 'direct', chat_name: '', message_count: '1' }, 'Ada: See you at the lake?'],
  [{ ...message, ...group, message_count: '3' }, '3 new messages in Lake house'],
  [{ ...message, message_count: '2' }, '2 new messages from Ada'],
  [{ ...base, ...group, type: 'group_added', sender_name: 'Ada' }, 'You were added by Ada'],
  [{ ...base, type: 'chat.read' }, 'chat read: notification cleared'],
  [{ ...message, sender_name: '', chat_type: 'group' }, 'Somebody in a group: See you at the lake?'],
])('reads as a phone would show it: %j', (data, text) => {
  expect(pushText(data as PushData)).toBe(text);
});

it('puts a push into the dev inbox and a line into the log', async () => {
  const inbox = new DevInbox();
  const lines: LogLine[] = [];
  const gateway = inboxPush(inbox, logInto(lines), { production: false });
  expect(await gateway.send(pushTo('dGhpcyBpcyBub3Q6YSByZWFs'))).toEqual({ outcome: 'sent' });
  expect(inbox.list()).toMatchObject([
    { kind: 'push', to: 'android …ByZWFs', text: 'Ada: See you at the lake?', code: null },
  ]);
  expect(lines.map(({ message }) => message)).toEqual(['a push: Ada: See you at the lake?']);
});

it('says nothing of names and messages in production', async () => {
  const lines: LogLine[] = [];
  const push = pushTo('phone-token');
  for (const inbox of [null, new DevInbox()]) {
    await inboxPush(inbox, logInto(lines), { production: true }).send(push);
  }
  await inboxPush(null, logInto(lines), { production: false }).send(push);
  expect(lines).toHaveLength(3);
  for (const { level, fields } of lines) {
    expect(level).toBe('info');
    const { chat_id, message_id } = push.data;
    expect(fields).toEqual({ platform: 'android', type: 'new_message', chat_id, message_id });
  }
  expect(JSON.stringify(lines)).not.toMatch(/Ada|lake|phone-token/);
});
