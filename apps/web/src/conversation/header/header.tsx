/** The top of a conversation: with whom it is, what they are doing, and what can be done with the chat. */
import { Search } from 'lucide-react';
import { useLocation } from 'wouter';
import { chatFace, chatName } from '../../lib/names.ts';
import { texts } from '../../texts/texts.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { PaneHeader } from '../../ui/pane.tsx';
import { useConversation } from '../context.ts';
import styles from './header.module.css';
import { HeaderMenu } from './header-menu.tsx';
import { StatusLine } from './status-line.tsx';

export function Header() {
  const { chat, chatId } = useConversation();
  const [, navigate] = useLocation();
  if (!chat) return <PaneHeader backShown="narrow" title="" />;
  const name = chatName(chat);
  return (
    <PaneHeader
      backShown="narrow"
      actions={
        <>
          <IconButton
            label={texts.conversation.search}
            icon={<Search size={20} />}
            className={styles.search}
            onClick={() => navigate(`/c/${chatId}/search`)}
          />
          <HeaderMenu chat={chat} />
        </>
      }
    >
      <button
        type="button"
        className={styles.who}
        title={texts.conversation.info(name)}
        onClick={() => navigate(`/c/${chatId}/info`)}
      >
        <Avatar {...chatFace(chat)} size={40} />
        <span className={styles.texts}>
          <h2 className={styles.name} dir="auto">
            {name}
          </h2>
          <StatusLine />
        </span>
      </button>
    </PaneHeader>
  );
}
