/** A message's bubble: who wrote it, what it answers, what it carries and says, and below it what others think of it. */
import { Ban, Forward } from 'lucide-react';
import { colourOf } from '../../lib/colours.ts';
import { cx } from '../../lib/cx.ts';
import { MediaBody } from '../../media/index.ts';
import { texts } from '../../texts/texts.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { useConversation } from '../context.ts';
import { hasMedia, isStored, type Shown, senderOf, textOf } from '../model/shown.ts';
import { emojiOnly } from '../model/text.ts';
import styles from './bubble.module.css';
import { Failed } from './failed.tsx';
import { Meta } from './meta.tsx';
import { Quote } from './quote.tsx';
import { Reactions } from './reactions.tsx';
import { TextBody } from './text-body.tsx';

interface BubbleProps {
  readonly message: Shown;
  readonly own: boolean;
  readonly first: boolean;
  readonly last: boolean;
}

export function Bubble({ message, own, first, last }: BubbleProps) {
  const { me, group, nameOf, faceOf } = useConversation();
  const sender = senderOf(message, me);
  const { deleted, deletedOwn, forwarded } = texts.conversation;
  const gone = isStored(message) && message.is_deleted;
  const text = gone ? '' : textOf(message);
  const media = hasMedia(message) && !gone;
  const plain = !media && message.reply_to_message_id === null && !gone;
  const emoji = plain ? emojiOnly(text) : 0;
  const overlaid = (message.type === 'image' || message.type === 'video') && text === '' && !gone;
  const meta = <Meta message={message} own={own} />;
  const name = nameOf(sender);
  const named = group && !own && first;
  return (
    <>
      {group && !own && (
        <span className={styles.face}>
          {last && <Avatar id={sender} name={name} url={faceOf(sender)} size={30} />}
        </span>
      )}
      <div
        className={cx(
          styles.bubble,
          own ? styles.own : styles.other,
          first && styles.first,
          emoji > 0 && styles.bare,
          media && styles.media,
          overlaid && styles.overlaid,
        )}
      >
        {named && (
          <p className={cx(styles.name, styles[`name${colourOf(sender)}`])} dir="auto">
            {name}
          </p>
        )}
        {isStored(message) && message.forwarded && !gone && (
          <p className={styles.forwarded}>
            <Forward size={13} aria-hidden="true" /> {forwarded}
          </p>
        )}
        {!gone && <Quote message={message} own={own} />}
        {gone && (
          <p className={styles.deleted}>
            <Ban size={15} aria-hidden="true" />
            <span>{own ? deletedOwn : deleted}</span>
            {meta}
          </p>
        )}
        {media && (
          <div className={styles.content}>
            <MediaBody message={message} renderCaption={null} />
          </div>
        )}
        {text !== '' && (
          <TextBody text={text} emoji={emoji} long={message.type === 'text'}>
            {meta}
          </TextBody>
        )}
        {media && text === '' && <div className={styles.foot}>{meta}</div>}
      </div>
      {isStored(message) && <Reactions message={message} own={own} />}
      {message.status === 'failed' && <Failed message={message} />}
    </>
  );
}
