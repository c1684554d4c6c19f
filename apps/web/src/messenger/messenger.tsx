/**
 * The client of who is signed in: the list of chats, and beside it what the address names. It lays itself out by its own width, not the
 * window's, so that two of them fit beside each other; below 800 px one of the two has all the room.
 */
import { useRef } from 'react';
import { useLocation } from 'wouter';
import { ChatList } from '../chats/chat-list.tsx';
import { cx } from '../lib/cx.ts';
import { Notifications } from '../notifications/notifications.tsx';
import { texts } from '../texts/texts.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import styles from './messenger.module.css';
import { Panes } from './panes.tsx';
import { useFocusOnNavigation } from './use-focus-on-navigation.ts';

export interface MessengerProps {
  /** Where it is the whole page it has the page's landmarks, a link that skips the list, and the page's title. */
  readonly embedded?: boolean | undefined;
}

export function Messenger({ embedded = false }: MessengerProps) {
  const [location] = useLocation();
  const list = useRef<HTMLElement>(null);
  const pane = useRef<HTMLElement>(null);
  useFocusOnNavigation({ list, pane });
  const Main = embedded ? 'section' : 'main';
  return (
    <div className={styles.container}>
      <div className={cx(styles.messenger, location === '/' ? styles.atList : styles.atPane)}>
        {!embedded && (
          <button type="button" className={styles.skip} onClick={() => pane.current?.focus()}>
            {texts.app.skipToContent}
          </button>
        )}
        <ConnectionBanner />
        {!embedded && <Notifications />}
        <nav ref={list} className={styles.list} aria-label={texts.chats.list} tabIndex={-1}>
          <ChatList titled={!embedded} />
        </nav>
        <Main ref={pane} className={styles.pane} tabIndex={-1}>
          <Panes />
        </Main>
      </div>
    </div>
  );
}
