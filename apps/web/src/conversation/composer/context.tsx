/** Above the field: which message is answered, or changed. */
import { Pencil, Reply, X } from 'lucide-react';
import { colourOf } from '../../lib/colours.ts';
import { cx } from '../../lib/cx.ts';
import { previewText } from '../../lib/names.ts';
import { texts } from '../../texts/texts.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { useConversation } from '../context.ts';
import bubble from '../message/bubble.module.css';
import { previewOf } from '../message/quote.tsx';
import styles from './composer.module.css';
import type { Mode } from './composer.tsx';

export function Context({ mode, onClose }: { mode: Mode; onClose: () => void }) {
  const { me, nameOf } = useConversation();
  const { editing, replyTo, replyToSelf, stopReply, stopEdit } = texts.conversation;
  const reply = mode.kind === 'reply';
  const { sender_id } = mode.message;
  const answered = sender_id === me ? replyToSelf : replyTo(nameOf(sender_id));
  const Icon = reply ? Reply : Pencil;
  const preview = previewOf(mode.message, me);
  return (
    <div className={cx(styles.context, bubble[`name${colourOf(mode.message.sender_id)}`])} role="status">
      <Icon size={18} aria-hidden="true" className={styles.contextIcon} />
      <div className={styles.contextTexts}>
        <p className={styles.contextTitle}>{reply ? answered : editing}</p>
        <p className={styles.contextPreview} dir="auto">
          {preview ? previewText(preview) : texts.conversation.deleted}
        </p>
      </div>
      <IconButton label={reply ? stopReply : stopEdit} icon={<X size={18} />} size="s" onClick={onClose} />
    </div>
  );
}
