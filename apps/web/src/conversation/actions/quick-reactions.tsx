/** Six reactions at hand, and the way to all others. */
import { Menu } from '@base-ui/react/menu';
import type { Message } from '@parley/sdk';
import { Plus } from 'lucide-react';
import { cx } from '../../lib/cx.ts';
import { texts } from '../../texts/texts.ts';
import { useConversation } from '../context.ts';
import styles from './actions.module.css';

const quick = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

interface QuickReactionsProps {
  readonly message: Message;
  readonly onMore: () => void;
  readonly onDone: () => void;
}

export function QuickReactions({ message, onMore, onDone }: QuickReactionsProps) {
  const { me, react } = useConversation();
  const { reactWith, removeReaction, moreReactions } = texts.conversation;
  const mine = message.reactions[me];
  const all = mine === undefined || quick.includes(mine) ? quick : [...quick.slice(0, -1), mine];
  return (
    <Menu.Group className={styles.quick}>
      {all.map((emoji) => (
        <Menu.Item
          key={emoji}
          className={cx(styles.emoji, emoji === mine && styles.mine)}
          aria-label={emoji === mine ? removeReaction(emoji) : reactWith(emoji)}
          label={emoji}
          onClick={() => {
            react(message, emoji === mine ? null : emoji);
            onDone();
          }}
        >
          {emoji}
        </Menu.Item>
      ))}
      <Menu.Item className={styles.emoji} aria-label={moreReactions} label={moreReactions} onClick={onMore}>
        <Plus size={20} />
      </Menu.Item>
    </Menu.Group>
  );
}
