/** A message in a list of results; it opens where it stands in its chat. */
import type { Message } from '@parley/sdk';
import { useSession } from '@parley/sdk/react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { formatListTime } from '../lib/dates.ts';
import { chatFace, chatName, personName, previewText } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import styles from './found-row.module.css';
import { type Piece, writtenIn } from './marked.ts';
import type { KnownChat } from './use-chats-of.ts';

interface FoundRowProps {
  readonly message: Message;
  readonly chat: KnownChat | undefined;
  /** What is marked in it; by default the whole text. */
  readonly pieces?: readonly Piece[] | null | undefined;
  /** In a list of one chat its name says nothing. */
  readonly within?: boolean | undefined;
  /** Beside it. */
  readonly after?: ReactNode;
}

export function FoundRow({ message, chat, pieces, within = false, after }: FoundRowProps) {
  const me = useSession();
  const [, navigate] = useLocation();
  const sender = senderOf(message, chat, me);
  const face = chat && chatFace(chat);
  const person = chat?.participants?.find(({ user_id }) => user_id === message.sender_id);
  const shown = within && person ? { id: person.user_id, name: sender, url: person.avatar_url } : face;
  return (
    <div className={styles.found}>
      <button
        type="button"
        className={styles.open}
        onClick={() => navigate(`/c/${message.chat_id}/m/${message.message_id}`)}
      >
        <Avatar id={shown?.id ?? message.sender_id} name={shown?.name ?? sender} url={shown?.url} />
        <span className={styles.texts}>
          <span className={styles.line}>
            <bdi className={styles.chat}>{within || !chat ? sender : chatName(chat)}</bdi>
            <time className={styles.time} dateTime={message.created_at}>
              {formatListTime(message.created_at)}
            </time>
          </span>
          <span className={styles.text} dir="auto">
            {!within && (chat?.type === 'group' || message.sender_id === me) && (
              <span className={styles.sender}>{sender}: </span>
            )}
            <Text message={message} pieces={pieces} />
          </span>
        </span>
      </button>
      {after}
    </div>
  );
}

function Text({ message, pieces }: Pick<FoundRowProps, 'message' | 'pieces'>) {
  const { type } = message;
  const kind = type === 'text' || type === 'system' ? '' : previewText({ type, preview: '' });
  const written = writtenIn(message);
  return (
    <>
      {kind && <span className={styles.kind}>{kind} </span>}
      {pieces
        ? pieces.map(({ text, marked }, index) =>
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other name
            marked ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
          )
        : written}
    </>
  );
}

function senderOf(message: Message, chat: KnownChat | undefined, me: string | null): string {
  if (message.sender_id === me) return texts.search.you;
  const members = chat?.participants ?? (chat?.participant ? [chat.participant] : []);
  return personName(members.find(({ user_id }) => user_id === message.sender_id)?.display_name);
}
