import type { ChatSummary } from '@parley/sdk';
import { useRef, useState } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useRoute } from 'wouter';
import { useContextMenu } from '../lib/use-context-menu.ts';
import { useDay } from '../lib/use-day.ts';
import type { Point } from '../ui/popup-menu.tsx';
import styles from './chat-list.module.css';
import { ChatRow } from './chat-row.tsx';
import { type MenuRequest, RowMenus } from './row-menus.tsx';
import { useListKeys } from './use-list-keys.ts';

/** How many rows before the end the next ones are fetched. */
const ahead = 8;

/** Of a row, in pixels, until it is measured. */
const rowSize = 74;

export interface RowsProps {
  readonly chats: readonly ChatSummary[];
  readonly onNearEnd: () => void;
}

/** The rows of the list; only those that are to be seen are there. One menu serves them all. */
export function Rows({ chats, onNearEnd }: RowsProps) {
  const list = useRef<VirtualizerHandle>(null);
  const now = useDay();
  const [, params] = useRoute('/c/:chatId/*?');
  const openId = params?.chatId;
  const [request, setRequest] = useState<MenuRequest | null>(null);
  const keys = useListKeys(list, chats);

  const askAt = (target: Element, anchor: Element | Point): boolean => {
    const area = target.closest<HTMLElement>('[data-row]');
    const chatId = area?.dataset.row;
    if (!area || !chatId) return false;
    const row = area.querySelector('a');
    setRequest((last) => ({ number: (last?.number ?? 0) + 1, chatId, anchor, row }));
    return true;
  };
  const menu = useContextMenu(({ target, x, y }) => askAt(target, { x, y }));
  const scrolled = () => {
    const handle = list.current;
    if (!handle) return;
    const last = handle.findItemIndex(handle.scrollOffset + handle.viewportSize);
    if (last >= chats.length - ahead) onNearEnd();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is pressed are the links in it
    <div className={styles.rows} {...menu} onKeyDown={keys.onKeyDown} onFocus={keys.onFocus}>
      <div className={styles.scroller}>
        <Virtualizer
          ref={list}
          as="ul"
          item="li"
          data={chats}
          itemSize={rowSize}
          onScroll={scrolled}
          keepMounted={keys.keepMounted}
        >
          {(chat, index) => (
            <ChatRow
              key={chat.chat_id}
              chat={chat}
              open={chat.chat_id === openId}
              reachable={index === keys.reachable}
              menuOpen={chat.chat_id === request?.chatId}
              onMenu={askAt}
              now={now}
            />
          )}
        </Virtualizer>
      </div>
      <RowMenus
        chats={chats}
        request={request}
        onClosed={(closed) => setRequest((now) => (now === closed ? null : now))}
      />
    </div>
  );
}
