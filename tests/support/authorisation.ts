/**
 * Who may do what, as a table: for every procedure and every socket event what each kind of caller is answered. The types demand
 * a row for each, so a new one without a row does not compile, and the test that reads it fails.
 */
import { randomUUID } from 'node:crypto';
import type { ClientEvent, ErrorCode, ProcedurePath } from '@parley/contract';

/** Kinds of callers. `blocked` acts in a direct chat with somebody who has blocked it. */
export const roles = ['outsider', 'removed', 'member', 'sender', 'admin', 'blocked'] as const;
export type CallerRole = (typeof roles)[number];
export type Expected = 'ok' | ErrorCode;
type Expectations = Record<CallerRole, Expected>;

/** What a call is about; made anew for each. */
export interface Scene {
  chat: string;
  /** A message of the chat: by `sender` in the group; in the direct chat by the caller. */
  message: string;
  /** `sender`, who is in the group. */
  senderId: string;
  /** `member`, who is in the group. */
  memberId: string;
  /** Somebody who has nothing to do with any of them. */
  strangerId: string;
  /** A file that a message of the chat carries, as old as `message`: uploaded by `sender` in the group, in the direct chat by the caller. */
  media: string;
  /** A chat that the caller may send to. */
  ownChat: string;
  /** The caller's own token. */
  token: string;
}

export interface Row {
  input(scene: Scene): Record<string, unknown>;
  expect: Expectations;
  /** Ends the session that calls: it needs one of its own. */
  endsSession?: true;
}

const all = (expected: Expected): Expectations => ({
  outsider: expected,
  removed: expected,
  member: expected,
  sender: expected,
  admin: expected,
  blocked: expected,
});
const row = (input: Row['input'], expect: Expectations): Row => ({ input, expect });

/** Everyone who is signed in. */
const anyone = all('ok');
/** Who is or was in the chat. */
const reader = { ...anyone, outsider: 'CHAT_NOT_FOUND' } as const;
const seesMessage = { ...anyone, outsider: 'NOT_FOUND' } as const;
const sends = { ...reader, removed: 'NOT_CHAT_MEMBER', blocked: 'USER_BLOCKED' } as const;
const groupAdmin = {
  outsider: 'CHAT_NOT_FOUND',
  removed: 'NOT_CHAT_MEMBER',
  member: 'NOT_ADMIN',
  sender: 'NOT_ADMIN',
  admin: 'ok',
  blocked: 'FORBIDDEN',
} as const;
const reacts = { ...seesMessage, removed: 'NOT_CHAT_MEMBER', blocked: 'USER_BLOCKED' } as const;
const deletes = { ...seesMessage, removed: 'NOT_CHAT_MEMBER', member: 'FORBIDDEN' } as const;
const edits = {
  ...seesMessage,
  removed: 'NOT_CHAT_MEMBER',
  member: 'FORBIDDEN',
  admin: 'FORBIDDEN',
  blocked: 'USER_BLOCKED',
} as const;

const nothing = () => ({});
const text = (scene: Scene) => ({
  chat_id: scene.chat,
  client_msg_id: randomUUID(),
  type: 'text',
  payload: { body: 'a' },
});

/** Procedures that need no token, with what a call without one is answered. */
export const open: Partial<Record<ProcedurePath, { input: Record<string, unknown>; expect: Expected }>> = {
  'auth.requestOtp': { input: { phone: '+4930111111' }, expect: 'ok' },
  'auth.verifyOtp': { input: { phone: '+4930222222', otp: '123456' }, expect: 'OTP_EXPIRED' },
  'auth.refresh': { input: { refresh_token: 'none' }, expect: 'TOKEN_INVALID' },
};

type Guarded = Exclude<ProcedurePath, 'auth.requestOtp' | 'auth.verifyOtp' | 'auth.refresh'>;

export const procedureRows: Record<Guarded, Row> = {
  'auth.logout': { input: nothing, expect: anyone, endsSession: true },
  'auth.sessions': row(nothing, anyone),
  // A session of nobody's; those of others are in tests/e2e/sessions.test.ts.
  'auth.endSession': row(() => ({ id: randomUUID() }), all('NOT_FOUND')),
  'users.me': row(nothing, anyone),
  'users.updateMe': row(() => ({ status_text: 'here' }), anyone),
  'users.getPrivacy': row(nothing, anyone),
  'users.updatePrivacy': row(() => ({ about: 'everyone' }), anyone),
  'users.syncContacts': row(() => ({ phone_numbers: ['+4930333333'] }), anyone),
  'users.contacts': row(nothing, anyone),
  'users.get': row(({ senderId }) => ({ id: senderId }), anyone),
  'users.presence': row(({ senderId }) => ({ id: senderId }), anyone),
  'users.block': row(({ strangerId }) => ({ id: strangerId }), anyone),
  'users.unblock': row(({ strangerId }) => ({ id: strangerId }), anyone),
  'users.setFcmToken': row(() => ({ token: randomUUID(), platform: 'android' }), anyone),
  'users.deleteFcmToken': row(nothing, anyone),
  'chats.list': row(nothing, anyone),
  'chats.create': row(
    ({ strangerId }) => ({ type: 'group', name: 'g', participant_ids: [strangerId] }),
    anyone,
  ),
  'chats.get': row(({ chat }) => ({ id: chat }), reader),
  'chats.update': row(({ chat }) => ({ id: chat, description: randomUUID() }), groupAdmin),
  'chats.addParticipants': row(({ chat, strangerId }) => ({ id: chat, user_ids: [strangerId] }), groupAdmin),
  'chats.removeParticipant': row(({ chat, senderId }) => ({ id: chat, user_id: senderId }), {
    ...groupAdmin,
    sender: 'ok',
  }),
  'chats.setRole': row(({ chat, memberId }) => ({ id: chat, user_id: memberId, role: 'admin' }), groupAdmin),
  'chats.mute': row(({ chat }) => ({ id: chat, is_muted: true }), reader),
  'chats.pin': row(({ chat }) => ({ id: chat, is_pinned: true }), reader),
  'chats.setDisappearing': row(({ chat }) => ({ id: chat, auto_delete_seconds: 86_400 }), {
    ...groupAdmin,
    blocked: 'USER_BLOCKED',
  }),
  'messages.list': row(({ chat }) => ({ chat_id: chat }), reader),
  'messages.send': row(text, sends),
  'messages.markRead': row(({ chat, message }) => ({ chat_id: chat, up_to_message_id: message }), reader),
  'messages.searchChat': row(({ chat }) => ({ chat_id: chat, q: 'hello' }), reader),
  'messages.search': row(() => ({ q: 'hello' }), anyone),
  'messages.starred': row(nothing, anyone),
  'messages.delete': row(({ message }) => ({ id: message, for: 'everyone' }), deletes),
  'messages.edit': row(({ message }) => ({ id: message, payload: { body: randomUUID() } }), edits),
  'messages.forward': row(({ message, ownChat }) => ({ id: message, target_chat_ids: [ownChat] }), {
    ...seesMessage,
    removed: 'NOT_CHAT_MEMBER',
  }),
  'messages.star': row(({ message }) => ({ id: message }), seesMessage),
  'messages.unstar': row(({ message }) => ({ id: message }), seesMessage),
  'messages.react': row(({ message }) => ({ id: message, emoji: '👍' }), reacts),
  'messages.unreact': row(({ message }) => ({ id: message }), reacts),
  'messages.receipts': row(({ message }) => ({ id: message }), {
    ...seesMessage,
    removed: 'FORBIDDEN',
    member: 'FORBIDDEN',
    admin: 'FORBIDDEN',
  }),
  'media.get': row(({ media }) => ({ id: media }), seesMessage),
  'sync.changes': row(
    ({ chat }) => ({ chats: { [chat]: { version: 0, state_version: 0 } }, limit: 1 }),
    anyone,
  ),
};

export const eventRows: Record<ClientEvent, Row> = {
  auth: row(({ token }) => ({ token }), anyone),
  'message.send': row(text, sends),
  'message.delivered': row(({ message }) => ({ message_ids: [message] }), seesMessage),
  'message.read': row(({ chat, message }) => ({ chat_id: chat, up_to_message_id: message }), reader),
  'message.delete': row(({ message }) => ({ message_id: message, for: 'everyone' }), deletes),
  'message.edit': row(({ message }) => ({ message_id: message, payload: { body: randomUUID() } }), edits),
  'message.react': row(({ message }) => ({ message_id: message, emoji: '👍' }), reacts),
  'typing.start': row(({ chat }) => ({ chat_id: chat }), sends),
  'typing.stop': row(({ chat }) => ({ chat_id: chat }), sends),
  'presence.subscribe': row(({ senderId }) => ({ user_ids: [senderId] }), anyone),
  'presence.unsubscribe': row(({ senderId }) => ({ user_ids: [senderId] }), anyone),
  sync: row(({ chat }) => ({ chats: { [chat]: { version: 0, state_version: 0 } }, limit: 1 }), anyone),
  ping: row(nothing, anyone),
};
