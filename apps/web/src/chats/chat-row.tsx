import type { ChatSummary } from '@parley/sdk';
import { usePresence } from '@parley/sdk/react';
import { BellOff, ChevronDown, FileText, ImageIcon, MapPin, Mic, Pin, Video } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { cx } from '../lib/cx.ts';
import { formatFull, formatListTime } from '../lib/dates.ts';
import { chatFace, chatName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Badge } from '../ui/badge.tsx';
import { StatusTick } from '../ui/status-tick.tsx';
import styles from './chat-row.module.css';
import { type LastLine, lastLine } from './last-line.ts';
import { useHeld } from './use-held.ts';

const icons: Partial<Record<NonNullable<LastLine['type']>, ReactNode>> = {
  image: <ImageIcon size={15} aria-hidden="true" />,
  video: <Video size={15} aria-hidden="true" />,
  audio: <Mic size={15} aria-hidden="true" />,
  document: <FileText size={15} aria-hidden="true" />,
  location: <MapPin size={15} aria-hidden="true" />,
};

export interface ChatRowProps {
  readonly chat: ChatSummary;
  /** Whether it is the chat beside the list. */
  readonly open: boolean;
  /** Whether Tab goes to this row; arrows move to the others. */
  readonly reachable: boolean;
  readonly menuOpen: boolean;
  /** Asks for its menu, at a button of the row. */
  readonly onMenu: (target: Element, anchor: Element) => void;
  readonly now: Date;
}

/** One chat in the list: a link to it. */
export function ChatRow({ chat, open, reachable, menuOpen, onMenu, now }: ChatRowProps) {
  const presence = usePresence(chat.participant?.user_id);
  const line = lastLine(chat, useHeld(chat.chat_id));
  const face = chatFace(chat);
  const tabIndex = reachable ? 0 : -1;
  return (
    <div className={cx(styles.row, open && styles.open)} data-row={chat.chat_id}>
      <Link
        href={`/c/${chat.chat_id}`}
        className={styles.link}
        data-chat={chat.chat_id}
        aria-current={open ? 'page' : undefined}
        tabIndex={tabIndex}
        draggable={false}
      >
        <Avatar id={face.id} name={face.name} url={face.url} size={48} online={presence?.online === true} />
        <span className={styles.lines}>
          <span className={styles.line}>
            <span className={styles.name}>
              <bdi>{face.name}</bdi>
            </span>
            {presence?.online === true && <span className="visually-hidden">{texts.chats.online}</span>}
            <time
              className={cx(styles.time, chat.unread_count > 0 && !chat.is_muted && styles.timeUnread)}
              dateTime={line.at}
              title={formatFull(line.at)}
            >
              {formatListTime(line.at, now)}
            </time>
          </span>
          <span className={styles.line}>
            <Preview line={line} unread={chat.unread_count > 0} />
            <Marks chat={chat} />
          </span>
        </span>
      </Link>
      <button
        type="button"
        className={styles.more}
        aria-label={texts.chats.actions(chatName(chat))}
        tabIndex={tabIndex}
        aria-haspopup="menu"
        aria-expanded={menuOpen}
        onClick={({ currentTarget }) => onMenu(currentTarget, currentTarget)}
      >
        <ChevronDown size={18} aria-hidden="true" />
      </button>
    </div>
  );
}

function Preview({ line, unread }: { line: LastLine; unread: boolean }) {
  const { kind, text, type, status } = line;
  return (
    <span className={cx(styles.preview, styles[kind], unread && styles.unread)}>
      {status && <StatusTick status={status} />}
      {kind === 'draft' && <span className={styles.draftMark}>{texts.chats.draft}</span>}
      {kind === 'message' && type && icons[type]}
      <span className={styles.text} dir="auto">
        {text}
      </span>
    </span>
  );
}

function Marks({ chat }: { chat: ChatSummary }) {
  const { is_muted, is_pinned, unread_count } = chat;
  return (
    <span className={styles.marks}>
      {is_muted && <BellOff size={15} role="img" aria-label={texts.chats.muted} />}
      {is_pinned && <Pin size={15} role="img" aria-label={texts.chats.pinned} />}
      <Badge count={unread_count} label={texts.chats.unread(unread_count)} quiet={is_muted} />
    </span>
  );
}
