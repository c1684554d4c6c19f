/** What may be done, by the rules of the server (contract section 2), so that nothing is offered that it would refuse. */
import type { ChatSummary, Message, Participant } from '@parley/sdk';
import { hasMedia, isStored, type Shown } from './shown.ts';

/** Milliseconds after sending in which a message can be edited (contract: 15 minutes). */
const editWindow = 15 * 60 * 1000;

/** Why nothing can be written here; null where it can. */
export type Obstacle = 'left' | 'blocked' | 'adminsOnly';

/** What a person is in a chat. */
export interface Standing {
  readonly me: string;
  readonly chat: ChatSummary | null;
  readonly participants: readonly Participant[];
  /** Ids of those whom the person has blocked. */
  readonly blocked: readonly string[];
}

export function isAdmin({ me, participants }: Pick<Standing, 'me' | 'participants'>): boolean {
  return participants.some(({ user_id, role }) => user_id === me && role === 'admin');
}

export function obstacleOf(standing: Standing): Obstacle | null {
  const { chat, blocked } = standing;
  if (!chat) return null;
  if (!chat.is_member) return 'left';
  if (chat.participant && blocked.includes(chat.participant.user_id)) return 'blocked';
  if (chat.type === 'group' && chat.is_admin_only && !isAdmin(standing)) return 'adminsOnly';
  return null;
}

export interface Actions {
  readonly reply: boolean;
  readonly react: boolean;
  readonly copy: boolean;
  readonly edit: boolean;
  readonly forward: boolean;
  readonly star: boolean;
  readonly info: boolean;
  readonly deleteForMe: boolean;
  readonly deleteForEveryone: boolean;
}

const none: Actions = {
  reply: false,
  react: false,
  copy: false,
  edit: false,
  forward: false,
  star: false,
  info: false,
  deleteForMe: false,
  deleteForEveryone: false,
};

/** What may be done with a message now. */
export function actionsOf(message: Shown, standing: Standing, text: string, now = Date.now()): Actions {
  if (!isStored(message)) return { ...none, copy: text !== '' };
  if (message.type === 'system') return { ...none, deleteForMe: true };
  if (message.is_deleted) return { ...none, deleteForMe: true };
  const obstacle = obstacleOf(standing);
  const member = standing.chat?.is_member === true;
  const own = message.sender_id === standing.me;
  return {
    reply: obstacle === null,
    react: member && obstacle !== 'blocked',
    copy: text !== '',
    edit: own && obstacle === null && editable(message, now),
    forward: true,
    star: true,
    info: own,
    deleteForMe: true,
    deleteForEveryone: member && (own || (standing.chat?.type === 'group' && isAdmin(standing))),
  };
}

/** Whether the sender may still replace the text or the caption. */
export function editable(message: Message, now: number): boolean {
  const written =
    message.type === 'text' || (hasMedia(message) && !['audio', 'location'].includes(message.type));
  return written && now - Date.parse(message.created_at) < editWindow;
}
