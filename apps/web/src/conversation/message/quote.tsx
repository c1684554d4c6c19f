/** What a message answers, in one line; leads to it. */

import { colourOf } from '../../lib/colours.ts';
import { cx } from '../../lib/cx.ts';
import { previewText } from '../../lib/names.ts';
import { texts } from '../../texts/texts.ts';
import { useConversation } from '../context.ts';
import { isStored, type Shown, senderOf, textOf } from '../model/shown.ts';
import { oneLine } from '../model/text.ts';
import bubble from './bubble.module.css';
import styles from './quote.module.css';

export function Quote({ message, own }: { message: Shown; own: boolean }) {
  const { me, nameOf, jumpTo, find } = useConversation();
  const id = message.reply_to_message_id;
  if (id === null) return null;
  const preview = isStored(message) ? message.reply_to_preview : previewOf(find(id), me);
  const { originalGone, showOriginal } = texts.conversation;
  if (!preview) return <p className={cx(styles.quote, styles.gone)}>{originalGone}</p>;
  const name = nameOf(preview.sender_id);
  return (
    <button
      type="button"
      tabIndex={-1}
      className={cx(styles.quote, own && styles.own, bubble[`name${colourOf(preview.sender_id)}`])}
      aria-description={showOriginal(name)}
      onClick={() => jumpTo(id)}
    >
      <span className={styles.name} dir="auto">
        {name}
      </span>
      <span className={styles.preview} dir="auto">
        {previewText(preview)}
      </span>
    </button>
  );
}

/** What a message would be quoted as; null where it is not held, or was deleted. */
export function previewOf(message: Shown | undefined, me: string) {
  if (!message || (isStored(message) && message.is_deleted)) return null;
  return { type: message.type, sender_id: senderOf(message, me), preview: oneLine(textOf(message)) };
}
