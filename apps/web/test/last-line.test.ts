// What the list of chats says of a chat.
import type { ChatSummary } from '@parley/sdk';
import { describe, expect, test } from 'vitest';
import { filterChats } from '../src/chats/filter.ts';
import { type Held, lastLine } from '../src/chats/last-line.ts';
import { initials } from '../src/lib/names.ts';

const participant = (user_id: string, display_name: string) => ({
  user_id,
  display_name,
  avatar_url: '',
  role: 'member' as const,
  joined_at: '2026-03-01T09:20:00.000Z',
});

function chat(patch: Partial<ChatSummary> = {}): ChatSummary {
  return {
    chat_id: 'c',
    type: 'direct',
    name: '',
    description: '',
    avatar_url: '',
    is_admin_only: false,
    auto_delete_seconds: 0,
    participant: participant('jonas', 'Jonas'),
    is_member: true,
    last_message: {
      message_id: 'm',
      sender_id: 'jonas',
      type: 'text',
      preview: 'Hello',
      timestamp: '2026-03-01T10:00:00.000Z',
    },
    unread_count: 0,
    is_muted: false,
    mute_until: null,
    is_pinned: false,
    created_at: '2026-03-01T09:20:00.000Z',
    updated_at: '2026-03-01T10:00:00.000Z',
    version: 1,
    state_version: 1,
    ...patch,
  };
}

const nothing: Held = { me: 'mina', typing: [], draft: '', newest: null, participants: [] };
const mine = { message_id: 'm', sender_id: 'mina', type: 'text', preview: 'Hi', timestamp: '' } as const;
const people = [participant('jonas', 'Jonas'), participant('aylin', 'Aylin')];

describe('the line of a chat', () => {
  test('is what the other one said last', () => {
    expect(lastLine(chat(), nothing)).toMatchObject({ kind: 'message', text: 'Hello', status: null });
  });

  test('says who said it in a group, as soon as that is known', () => {
    const group = chat({ type: 'group', name: 'Lake', participant: null });
    expect(lastLine(group, nothing).text).toBe('Hello');
    expect(lastLine(group, { ...nothing, participants: people }).text).toBe('Jonas: Hello');
  });

  test('has a tick for one’s own message, as far as it is held', () => {
    const own = chat({ last_message: mine });
    const newest = { message_id: 'm', type: 'text', text: 'Hi', status: 'read', created_at: '' } as const;
    expect(lastLine(own, nothing)).toMatchObject({ text: 'You: Hi', status: null });
    expect(lastLine(own, { ...nothing, newest })).toMatchObject({ text: 'You: Hi', status: 'read' });
    const older = { ...newest, message_id: 'before' };
    expect(lastLine(own, { ...nothing, newest: older })).toMatchObject({ text: 'You: Hi', status: null });
  });

  test('is what is on its way, before anything that is stored', () => {
    const newest = {
      message_id: null,
      type: 'image',
      text: '',
      status: 'pending',
      created_at: 'now',
    } as const;
    const line = lastLine(chat(), { ...nothing, newest });
    expect(line).toMatchObject({ kind: 'message', text: 'You: Photo', status: 'pending', at: 'now' });
  });

  test('is the draft, and before that who types', () => {
    const held = { ...nothing, draft: 'Dear', typing: ['jonas'] };
    expect(lastLine(chat(), { ...held, typing: [] })).toMatchObject({ kind: 'draft', text: 'Dear' });
    expect(lastLine(chat(), { ...nothing, draft: ' \n' }).kind).toBe('message');
    expect(lastLine(chat(), held)).toMatchObject({ kind: 'typing', text: 'typing…' });
    const group = chat({ type: 'group', participant: null });
    expect(lastLine(group, { ...held, participants: people }).text).toBe('Jonas is typing…');
    expect(lastLine(group, { ...held, typing: ['jonas', 'aylin'] }).text).toBe('2 people are typing…');
  });

  test('names what is no text', () => {
    const last_message = { ...mine, type: 'audio', preview: '🎵 Audio' } as const;
    expect(lastLine(chat({ last_message }), nothing).text).toBe('You: Voice message');
    expect(lastLine(chat({ last_message: null }), nothing)).toMatchObject({ kind: 'nothing' });
  });
});

test('chats are found by the beginnings of the words of their names', () => {
  const named = (name: string) => chat({ participant: participant('p', name) });
  const all = [named('Zoë Clarke'), named('Oskar'), named('محمد علي')];
  const found = (written: string) => filterChats(all, written).map((one) => one.participant?.display_name);
  expect(found('')).toHaveLength(3);
  expect(found('zoe')).toEqual(['Zoë Clarke']);
  expect(found('CLA')).toEqual(['Zoë Clarke']);
  expect(found('cla zo')).toEqual(['Zoë Clarke']);
  expect(found('larke')).toEqual([]);
  expect(found('علي')).toEqual(['محمد علي']);
});

test.each([
  ['Mina Larsen', 'ML'],
  ['mina', 'M'],
  ['Tomás de la Ó', 'TÓ'],
  ['Lake house 🛶', 'LH'],
  ['🛶', '🛶'],
  ['👩‍👩‍👧 us', 'U'],
  ['', ''],
])('the initials of “%s” are %s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});
