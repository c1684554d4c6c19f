/** Under the name: who is typing, else whether the other one is there, else who is in the group. */
import { usePresence, useTyping } from '@parley/sdk/react';
import { cx } from '../../lib/cx.ts';
import { formatDayAndTime } from '../../lib/dates.ts';
import { texts } from '../../texts/texts.ts';
import { useConversation } from '../context.ts';
import styles from './header.module.css';

/** Members that are named; others are counted. */
const named = 12;

export function StatusLine() {
  const { chatId, chat, group } = useConversation();
  const { typing } = useTyping(chatId);
  const presence = usePresence(group ? null : chat?.participant?.user_id);
  const members = useMembers();
  const typists = useTypists(typing);
  const { online, lastSeen } = texts.conversation;
  if (typists !== null) return <span className={cx(styles.status, styles.active)}>{typists}</span>;
  if (group) return <span className={styles.status}>{members}</span>;
  if (presence?.online) return <span className={cx(styles.status, styles.active)}>{online}</span>;
  if (!presence?.last_seen) return null;
  const { day, time } = formatDayAndTime(presence.last_seen);
  return <span className={styles.status}>{lastSeen(day, time)}</span>;
}

function useTypists(typing: readonly string[]): string | null {
  const { group, nameOf } = useConversation();
  const [one] = typing;
  if (one === undefined) return null;
  const { typing: alone, isTyping, areTyping } = texts.chats;
  if (!group) return alone;
  return typing.length === 1 ? isTyping(nameOf(one)) : areTyping(typing.length);
}

function useMembers(): string {
  const { me, chat, participants, nameOf } = useConversation();
  if (chat?.is_member === false) return texts.conversation.noMember;
  if (participants.length > named) return texts.conversation.members(participants.length);
  const others = participants.filter(({ user_id }) => user_id !== me).map(({ user_id }) => nameOf(user_id));
  return [...others, ...(participants.length > 0 ? [texts.conversation.you] : [])].join(', ');
}
