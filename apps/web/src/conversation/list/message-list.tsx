/** The messages of a conversation: a virtual list that begins at its end and keeps its place, however many there are. */
import { type RefObject, useCallback, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { formatDay } from '../../lib/dates.ts';
import { texts } from '../../texts/texts.ts';
import { Spinner } from '../../ui/spinner.tsx';
import { useConversation } from '../context.ts';
import { MessageRow } from '../message/message-row.tsx';
import type { Row } from '../model/rows.ts';
import styles from './message-list.module.css';
import { NewestButton } from './newest-button.tsx';
import { useArrows } from './use-arrows.ts';
import { usePaging } from './use-paging.ts';
import { usePlace } from './use-place.ts';
import { useReads } from './use-reads.ts';
import { useStages } from './use-stages.ts';

/** What others may ask of the list. */
export interface ListHandle {
  /** Puts the focus on the message that had it last, or on the newest one. */
  focus(): void;
  toEnd(): void;
}

export interface MessageListProps {
  readonly rows: readonly Row[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loadOlder: () => Promise<void>;
  readonly loadNewer: () => Promise<void>;
  /** Shows the newest messages, where the list has let go of them. */
  readonly toNewest: () => Promise<void>;
  readonly markRead: (upToMessageId: string) => void;
  /** Whether it is known what is unread: before that nothing is marked, and the list is not where one left off. */
  readonly settled: boolean;
  /** The message to go to, and to mark for a moment. */
  readonly target: { readonly messageId: string; readonly at: number } | null;
  /** On the way to a message: nothing else is loaded meanwhile, which would push it out again. */
  readonly seeking: boolean;
  /** How many messages the chat has that were not read. */
  readonly unreadCount: number;
  readonly handle: RefObject<ListHandle | null>;
  /** The row whose menu is open stays there. */
  readonly pinned: string | null;
}

export function MessageList(props: MessageListProps) {
  const {
    hasOlder,
    hasNewer,
    loadOlder,
    loadNewer,
    toNewest,
    markRead,
    target,
    unreadCount,
    pinned,
    settled,
    seeking,
  } = props;
  const { me } = useConversation();
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const { rows, shift, generation } = useStages(props.rows);
  const place = usePlace({ scroller, list, rows, generation, target, hasNewer, settled });
  const arrows = useArrows(rows, list, scroller);
  const page = usePaging({ hasOlder, hasNewer, loadOlder, loadNewer });
  const [day, setDay] = useState<string | null>(null);

  const again = useRef(() => {});
  const read = useReads(
    rows,
    me,
    markRead,
    useCallback(() => again.current(), []),
  );
  const { note } = place;
  const look = useCallback(() => {
    const room = note();
    const { current: virtual } = list;
    if (!room || !virtual || rows.length === 0 || virtual.viewportSize === 0) return;
    if (!seeking) page(room.above, room.below);
    const offset = virtual.scrollOffset;
    const first = rows[virtual.findItemIndex(offset + 8)];
    setDay(first ? formatDay(first.message.created_at) : null);
    if (settled)
      read(room.below < 8 ? rows.length - 1 : virtual.findItemIndex(offset + virtual.viewportSize - 24));
  }, [note, rows, page, read, settled, seeking]);
  again.current = look;
  useEffect(() => {
    // After the list has gone to its place.
    const frame = requestAnimationFrame(() => look());
    // A list that has not been measured yet tells nothing then, and one that fits its room never scrolls.
    const timer = setTimeout(() => look(), 500);
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [look]);

  useImperativeHandle(props.handle, () => ({
    focus: () => arrows.focus(arrows.active),
    toEnd: () => place.toEnd(false),
  }));

  const newest = () => {
    if (hasNewer) void toNewest();
    else place.toEnd(true);
  };
  const kept = [arrows.active, rows.findIndex(({ key }) => key === pinned)].filter((index) => index >= 0);
  return (
    <div className={styles.frame}>
      <FloatingDay day={day} scroller={scroller} />
      {seeking && (
        <div className={styles.seeking}>
          <Spinner label={texts.conversation.loading} />
        </div>
      )}
      <div
        ref={scroller}
        className={styles.scroller}
        role="feed"
        aria-label={texts.conversation.messages}
        aria-busy={seeking}
        onKeyDown={arrows.onKeyDown}
      >
        <div className={styles.above} role="presentation" />
        <Virtualizer
          key={generation}
          ref={list}
          scrollRef={scroller}
          data={rows}
          shift={shift}
          bufferSize={600}
          keepMounted={kept}
          onScroll={look}
          onResize={place.hold}
        >
          {(row, index) => (
            <MessageRow
              key={row.key}
              row={row}
              tabbable={index === arrows.active}
              onFocus={arrows.setChosen}
              highlighted={
                target !== null && 'message_id' in row.message && row.message.message_id === target.messageId
                  ? target.at
                  : 0
              }
            />
          )}
        </Virtualizer>
        <div className={styles.below} role="presentation" />
      </div>
      {(!place.atEnd || hasNewer) && <NewestButton count={unreadCount} onClick={newest} />}
    </div>
  );
}

/** The day of the first message in view, while the list is scrolled. */
function FloatingDay({ day, scroller }: { day: string | null; scroller: RefObject<HTMLElement | null> }) {
  const [moving, setMoving] = useState(false);
  useEffect(() => {
    const element = scroller.current;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const moved = () => {
      setMoving(true);
      clearTimeout(timer);
      timer = setTimeout(() => setMoving(false), 1200);
    };
    element?.addEventListener('wheel', moved, { passive: true });
    element?.addEventListener('touchmove', moved, { passive: true });
    return () => {
      clearTimeout(timer);
      element?.removeEventListener('wheel', moved);
      element?.removeEventListener('touchmove', moved);
    };
  }, [scroller]);
  if (day === null) return null;
  return (
    <div className={styles.floating} data-shown={moving || undefined} aria-hidden="true">
      {day}
    </div>
  );
}
