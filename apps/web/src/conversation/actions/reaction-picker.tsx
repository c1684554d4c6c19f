/** All emoji, to react with one of them. */
import { Popover } from '@base-ui/react/popover';
import type { Message } from '@parley/sdk';
import { cx } from '../../lib/cx.ts';
import { texts } from '../../texts/texts.ts';
import popup from '../../ui/popup.module.css';
import { useConversation } from '../context.ts';
import styles from '../emoji/emoji.module.css';
import { EmojiPanel } from '../emoji/emoji-panel.tsx';

interface ReactionPickerProps {
  readonly message: Message;
  readonly anchor: HTMLElement | null;
  readonly onClose: () => void;
}

export function ReactionPicker({ message, anchor, onClose }: ReactionPickerProps) {
  const { react } = useConversation();
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Portal>
        <Popover.Positioner
          anchor={anchor}
          side="top"
          collisionPadding={8}
          sideOffset={4}
          className={popup.positioner}
        >
          <Popover.Popup
            className={cx(popup.popup, styles.popup)}
            aria-label={texts.conversation.moreReactions}
            finalFocus={() => anchor}
          >
            <EmojiPanel
              onPick={(emoji) => {
                react(message, emoji);
                onClose();
              }}
            />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
