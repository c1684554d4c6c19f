import type { ChatSummary } from '@parley/sdk';
import { type FocusEvent, type KeyboardEvent, type RefObject, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';

/** Rows that Page Up and Page Down move by. */
const page = 8;

/**
 * The list as one stop of the Tab key: arrows, Home and End move in it, and Enter follows the link. Its row is remembered by chat, so that
 * it stays the same one while chats move.
 */
export function useListKeys(list: RefObject<VirtualizerHandle | null>, chats: readonly ChatSummary[]) {
  const [at, setAt] = useState<string | null>(null);
  const moving = useRef(0);
  const found = chats.findIndex(({ chat_id }) => chat_id === at);
  const reachable = Math.max(0, found);

  const move = (area: HTMLElement, index: number) => {
    const chat = chats[index];
    if (!chat) return;
    setAt(chat.chat_id);
    list.current?.scrollToIndex(index, { align: 'nearest' });
    const move = ++moving.current;
    // A row that was not there comes with the next frames.
    const focus = (tries: number) => {
      if (move !== moving.current) return;
      const row = area.querySelector<HTMLElement>(`[data-chat="${CSS.escape(chat.chat_id)}"]`);
      if (row) row.focus({ preventScroll: true });
      else if (tries > 0) requestAnimationFrame(() => focus(tries - 1));
    };
    focus(30);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!(event.target as Element).closest('[data-row]')) return;
    const to = target(event.key, reachable, chats.length);
    if (to === null) return;
    event.preventDefault();
    move(event.currentTarget, to);
  };
  const onFocus = (event: FocusEvent<HTMLElement>) => {
    const row = event.target.closest<HTMLElement>('[data-row]')?.dataset.row;
    if (row !== undefined) setAt(row);
  };
  return { reachable, onKeyDown, onFocus, keepMounted: found >= 0 ? [found] : none };
}

const none: readonly number[] = [];

function target(key: string, at: number, length: number): number | null {
  const within = (index: number) => Math.min(Math.max(index, 0), length - 1);
  switch (key) {
    case 'ArrowDown':
      return within(at + 1);
    case 'ArrowUp':
      return within(at - 1);
    case 'PageDown':
      return within(at + page);
    case 'PageUp':
      return within(at - page);
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return null;
  }
}
