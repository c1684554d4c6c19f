/** How every change of a chat that its members share goes: decided under the chat's lock, committed, told (contract sections 2 and 5). */
import type { AnyBusEvent, ChatChanges } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { makeEvent, newContext } from '../lib/events.ts';
import type { ChatChanged, ChatDecision, ChatRecord, NewMessage } from '../ports/stores.ts';
import { type ChatNeed, checkChat, present, presentMembers } from './access.ts';
import { afterChange, draftsOf, type SystemDraft } from './system.ts';

export type ChangeParts = Pick<
  Core,
  | 'chats'
  | 'messages'
  | 'users'
  | 'publisher'
  | 'sendQueue'
  | 'chatCache'
  | 'chatTurns'
  | 'signals'
  | 'clock'
  | 'log'
>;

/** Makes the system message of a change, if there is to be one. */
type Tell<T> = (changed: ChatChanged, result: T) => NewMessage | null;

/**
 * Changes a chat if the caller may; answers the result of `decide`. That gets the chat under its lock and throws to refuse; `tell` makes the
 * system message, if there is to be one. Errors: `CHAT_NOT_FOUND`, those of `need`, those of `decide`.
 */
export async function changeChat<T>(
  core: ChangeParts,
  caller: Caller,
  chatId: string,
  need: ChatNeed,
  decide: (chat: ChatRecord) => ChatDecision<T>,
  tell: Tell<T>,
): Promise<T> {
  // Before the lock, so that who may not even try holds up nobody.
  checkChat(await core.chatCache.get(chatId), caller.userId, 'read');
  // One change of a chat at a time in this process, so that events leave in the order of their numbers.
  return core.chatTurns.run(chatId, async () => {
    const head = (await core.messages.heads([chatId])).get(chatId) ?? { seq: 0, version: 0 };
    let told: { events: AnyBusEvent[]; system: SystemDraft | null } | undefined;
    const { result, outboxIds } = await core.chats.change(
      chatId,
      head.seq,
      (chat) => {
        checkChat(chat, caller.userId, need);
        return { ...decide(chat), version: head.version };
      },
      (committed, decided) => {
        told = toldOf(core, caller, committed, tell(committed, decided));
        return draftsOf(told.events, told.system);
      },
    );
    if (told) await afterChange(core, chatId, outboxIds, told);
    return result;
  });
}

function toldOf(
  core: Pick<Core, 'clock'>,
  caller: Caller,
  changed: ChatChanged,
  message: NewMessage | null,
): { events: AnyBusEvent[]; system: SystemDraft | null } {
  const of = (kind: 'join' | 'leave') =>
    changed.members.filter((change) => change.kind === kind).map((change) => change.userId);
  return {
    events: eventsOf(caller, changed, core.clock.now()),
    system: message && { message, joined: of('join'), left: of('leave') },
  };
}

/** An event for each number that the change raised; who comes and goes is told to those who are there after it, and to the one. */
function eventsOf(caller: Caller, changed: ChatChanged, now: number): AnyBusEvent[] {
  const { chat, settingsVersion } = changed;
  const members = presentMembers(chat);
  const events = changed.members.map((change): AnyBusEvent => {
    const about = { chat_id: chat.chat_id, user_id: change.userId, state_version: change.stateVersion };
    const context = newContext(caller);
    const user_version = change.userVersion ?? 0;
    const recipients = [...new Set([...members, change.userId])];
    if (change.kind === 'join') {
      const payload = { ...about, added_by: caller.userId, user_version, recipients };
      return makeEvent('group.member.added', context, payload, now);
    }
    if (change.kind === 'leave') {
      const payload = { ...about, removed_by: caller.userId, user_version, recipients };
      return makeEvent('group.member.removed', context, payload, now);
    }
    return updated(caller, chat, { roles: { [change.userId]: change.role } }, change.stateVersion, now);
  });
  if (settingsVersion === null) return events;
  return [...events, updated(caller, chat, changed.settings, settingsVersion, now)];
}

function updated(
  caller: Caller,
  chat: ChatRecord,
  changes: ChatChanges,
  stateVersion: number,
  now: number,
): AnyBusEvent {
  const payload = {
    chat_id: chat.chat_id,
    changes,
    state_version: stateVersion,
    updated_by: caller.userId,
    recipients: presentMembers(chat),
  };
  return makeEvent('chat.updated', newContext(caller), payload, now);
}

/** Refuses what would leave a group with members but without an admin. Errors: `LAST_ADMIN`. */
export function keepAnAdmin(chat: ChatRecord, without: string): void {
  const others = present(chat).filter((member) => member.user_id !== without);
  if (others.length > 0 && !others.some((member) => member.role === 'admin')) {
    throw new AppError('LAST_ADMIN');
  }
}
