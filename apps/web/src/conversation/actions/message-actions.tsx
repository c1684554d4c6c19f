/** What can be done with a message: one menu for the whole conversation, at the message that it was opened for. */
import { Menu } from '@base-ui/react/menu';
import { Copy, Forward, Info, Pencil, Reply, Star, StarOff, Trash2 } from 'lucide-react';
import { useRef } from 'react';
import { cx } from '../../lib/cx.ts';
import { texts } from '../../texts/texts.ts';
import menu from '../../ui/menu.module.css';
import { MenuItem, MenuSeparator } from '../../ui/menu.tsx';
import popup from '../../ui/popup.module.css';
import { type Anchor, useConversation } from '../context.ts';
import { actionsOf } from '../model/may.ts';
import { isStored, type Shown, textOf } from '../model/shown.ts';
import styles from './actions.module.css';
import { QuickReactions } from './quick-reactions.tsx';

/** What was asked for that needs more than a click. */
export type Asked = 'edit' | 'forward' | 'delete' | 'info' | 'copy' | 'star' | 'picker' | 'reply';

export interface Opened {
  readonly message: Shown;
  readonly anchor: Anchor;
  /** Where the focus goes afterwards. */
  readonly returnTo: HTMLElement | null;
}

interface MessageActionsProps {
  readonly opened: Opened | null;
  readonly onClose: () => void;
  readonly onAsk: (asked: Asked, message: Shown) => void;
}

export function MessageActions({ opened, onClose, onAsk }: MessageActionsProps) {
  // What is written next takes the focus by itself.
  const writing = useRef<Opened | null>(null);
  const asked: typeof onAsk = (what, message) => {
    writing.current = what === 'reply' || what === 'edit' ? opened : null;
    onAsk(what, message);
  };
  return (
    <Menu.Root open={opened !== null} onOpenChange={(open) => !open && onClose()} modal={false}>
      {opened && (
        <Menu.Portal>
          <Menu.Positioner
            className={popup.positioner}
            anchor={placeOf(opened.anchor)}
            align="start"
            side="bottom"
            sideOffset={4}
            collisionPadding={8}
          >
            <Menu.Popup
              className={cx(popup.popup, menu.popup)}
              finalFocus={() => (writing.current === opened ? false : opened.returnTo)}
            >
              <Items message={opened.message} onAsk={asked} onClose={onClose} />
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      )}
    </Menu.Root>
  );
}

interface ItemsProps {
  readonly message: Shown;
  readonly onAsk: (asked: Asked, message: Shown) => void;
  readonly onClose: () => void;
}

function Items({ message, onAsk, onClose }: ItemsProps) {
  const standing = useConversation();
  const t = texts.conversation;
  const may = actionsOf(message, standing, textOf(message));
  const starred = isStored(message) && message.is_starred;
  const ask = (asked: Asked) => () => onAsk(asked, message);
  return (
    <>
      {may.react && isStored(message) && (
        <>
          <QuickReactions message={message} onMore={ask('picker')} onDone={onClose} />
          <MenuSeparator />
        </>
      )}
      {may.reply && (
        <MenuItem icon={<Reply size={18} />} onClick={ask('reply')}>
          {t.reply}
        </MenuItem>
      )}
      {may.copy && (
        <MenuItem icon={<Copy size={18} />} onClick={ask('copy')}>
          {t.copy}
        </MenuItem>
      )}
      {may.edit && (
        <MenuItem icon={<Pencil size={18} />} onClick={ask('edit')}>
          {t.edit}
        </MenuItem>
      )}
      {may.forward && (
        <MenuItem icon={<Forward size={18} className={styles.arrow} />} onClick={ask('forward')}>
          {t.forward}
        </MenuItem>
      )}
      {may.star && (
        <MenuItem icon={starred ? <StarOff size={18} /> : <Star size={18} />} onClick={ask('star')}>
          {starred ? t.unstar : t.star}
        </MenuItem>
      )}
      {may.info && (
        <MenuItem icon={<Info size={18} />} onClick={ask('info')}>
          {t.messageInfo}
        </MenuItem>
      )}
      {may.deleteForMe && (
        <>
          <MenuSeparator />
          <MenuItem icon={<Trash2 size={18} />} danger onClick={ask('delete')}>
            {t.delete}
          </MenuItem>
        </>
      )}
    </>
  );
}

function placeOf(anchor: Anchor) {
  if (anchor instanceof Element) return anchor;
  return { getBoundingClientRect: () => new DOMRect(anchor.x, anchor.y, 0, 0) };
}
