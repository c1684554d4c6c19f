/** One row of the list: what stands above the message, and the message with all that can be done with it. */
import { ChevronDown } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, memo, useEffect, useRef, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { formatDay, formatTime } from '../../lib/dates.ts';
import { texts } from '../../texts/texts.ts';
import { useConversation } from '../context.ts';
import type { Row } from '../model/rows.ts';
import { isStored, senderOf } from '../model/shown.ts';
import { Bubble } from './bubble.tsx';
import styles from './message-row.module.css';
import { SystemLine } from './system-line.tsx';
import { useLongPress } from './use-long-press.ts';

interface MessageRowProps {
  readonly row: Row;
  /** Tab comes to this row. */
  readonly tabbable: boolean;
  readonly onFocus: (key: string) => void;
  /** Other than 0: one came here by a jump; differs each time. */
  readonly highlighted: number;
}

export const MessageRow = memo(function MessageRow({ row, tabbable, onFocus, highlighted }: MessageRowProps) {
  const { message, day, unread, first, last } = row;
  const { me, group, nameOf, openActions } = useConversation();
  const element = useRef<HTMLElement>(null);
  const bubble = useRef<HTMLDivElement>(null);
  const flash = useFlash(highlighted);
  const sender = senderOf(message, me);
  const own = sender === me;
  const system = isStored(message) && message.type === 'system' ? message : null;

  const open = (anchor: Element | { x: number; y: number }) => openActions(message, anchor, element.current);
  const longPress = useLongPress(open);
  const onContextMenu = (event: MouseEvent) => {
    // The browser's own menu is better for links, and for text that was marked.
    if ((event.target as Element).closest('a') || document.getSelection()?.isCollapsed === false) return;
    event.preventDefault();
    // The menu key, and what touch screens make of a long press, have their own ways.
    if (event.button === 2 || event.clientX > 0) open({ x: event.clientX, y: event.clientY });
    else if (bubble.current) open(bubble.current);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== element.current || event.key !== 'Enter' || !bubble.current) return;
    event.preventDefault();
    open(bubble.current);
  };
  return (
    <article
      ref={element}
      className={cx(
        styles.row,
        own && !system && styles.own,
        group && !system && styles.group,
        first && styles.first,
        flash && styles.flash,
      )}
      data-key={row.key}
      data-message={isStored(message) ? message.message_id : undefined}
      tabIndex={tabbable ? 0 : -1}
      aria-label={`${nameOf(sender)}, ${formatTime(message.created_at)}`}
      onFocus={(event) => event.target === element.current && onFocus(row.key)}
      onKeyDown={onKeyDown}
    >
      {day && <p className={styles.day}>{formatDay(day)}</p>}
      {unread && <p className={styles.unread}>{texts.conversation.unread}</p>}
      {system ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: the row has the keys; this is the pointer's way
        <div ref={bubble} className={styles.centre} onContextMenu={onContextMenu}>
          <SystemLine message={system} />
        </div>
      ) : (
        <div className={styles.line}>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: the row has the keys; this is the pointer's way */}
          <div ref={bubble} className={styles.bubble} onContextMenu={onContextMenu} {...longPress}>
            <Bubble message={message} own={own} first={first} last={last} />
          </div>
          <button
            type="button"
            className={styles.more}
            tabIndex={-1}
            aria-haspopup="menu"
            aria-label={texts.conversation.actions}
            onClick={(event) => open(event.currentTarget)}
          >
            <ChevronDown size={18} aria-hidden="true" />
          </button>
        </div>
      )}
    </article>
  );
});

/** True for a moment after `at` became another number than 0. */
function useFlash(at: number): boolean {
  const [over, setOver] = useState(0);
  useEffect(() => {
    if (at === 0) return;
    const timer = setTimeout(() => setOver(at), 1800);
    return () => clearTimeout(timer);
  }, [at]);
  return at !== 0 && over !== at;
}
