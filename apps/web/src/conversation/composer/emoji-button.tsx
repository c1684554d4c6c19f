/** Opens the emoji, which go where the cursor is. */

import { Popover } from '@base-ui/react/popover';
import { Smile } from 'lucide-react';
import { cx } from '../../lib/cx.ts';
import { texts } from '../../texts/texts.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import popup from '../../ui/popup.module.css';
import styles from '../emoji/emoji.module.css';
import { EmojiPanel } from '../emoji/emoji-panel.tsx';

export function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  return (
    <Popover.Root>
      <Popover.Trigger render={<IconButton label={texts.conversation.emoji} icon={<Smile size={22} />} />} />
      <Popover.Portal>
        <Popover.Positioner
          side="top"
          align="start"
          sideOffset={10}
          collisionPadding={8}
          className={popup.positioner}
        >
          <Popover.Popup className={cx(popup.popup, styles.popup)} aria-label={texts.conversation.emoji}>
            <EmojiPanel onPick={onPick} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
