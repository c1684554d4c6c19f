import { Menu as Base } from '@base-ui/react/menu';
import { type ReactNode, useState } from 'react';
import { cx } from '../lib/cx.ts';
import styles from './menu.module.css';
import popup from './popup.module.css';

/** A place in the window, in CSS pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PopupMenuProps {
  /** What its actions are about. */
  readonly label: string;
  /** The button that it belongs to, or where the pointer was. */
  readonly anchor: Element | Point;
  /** What has the focus afterwards. */
  readonly returnFocus: () => HTMLElement | null;
  /** It is gone: do not render it any more. */
  readonly onClosed: () => void;
  /** `MenuItem`s, `MenuSeparator`s and `Submenu`s. */
  readonly children: ReactNode;
}

/**
 * A menu that is open from the moment it is rendered. For places of the first page, which load it when somebody wants it; elsewhere `Menu`
 * and `ContextMenu` are simpler.
 */
export function PopupMenu({ label, anchor, returnFocus, onClosed, children }: PopupMenuProps) {
  const [open, setOpen] = useState(true);
  const element = anchor instanceof Element;
  const place = element ? anchor : { getBoundingClientRect: () => DOMRect.fromRect({ ...anchor }) };
  return (
    <Base.Root
      open={open}
      onOpenChange={setOpen}
      onOpenChangeComplete={(shown) => !shown && onClosed()}
      modal={false}
    >
      <Base.Portal>
        <Base.Positioner
          anchor={place}
          align={element ? 'end' : 'start'}
          sideOffset={element ? 4 : 0}
          collisionPadding={8}
          className={popup.positioner}
        >
          <Base.Popup className={cx(popup.popup, styles.popup)} aria-label={label} finalFocus={returnFocus}>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
