import { ContextMenu as BaseContext } from '@base-ui/react/context-menu';
import { Menu as Base } from '@base-ui/react/menu';
import { ChevronRight } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import styles from './menu.module.css';
import popup from './popup.module.css';

export interface MenuProps {
  /** The button that opens it, usually an `IconButton`. */
  readonly trigger: ReactElement;
  /** `MenuItem`s, `MenuSeparator`s and `Submenu`s. */
  readonly children: ReactNode;
  readonly align?: 'start' | 'center' | 'end' | undefined;
  readonly side?: 'top' | 'bottom' | undefined;
  readonly onOpenChange?: ((open: boolean) => void) | undefined;
}

/** A menu that a button opens. Arrow keys, Home, End and letters move in it. */
export function Menu({ trigger, children, align = 'end', side = 'bottom', onOpenChange }: MenuProps) {
  return (
    <Base.Root modal={false} {...(onOpenChange ? { onOpenChange } : {})}>
      <Base.Trigger render={trigger} />
      <Popup align={align} side={side}>
        {children}
      </Popup>
    </Base.Root>
  );
}

/** A menu at the pointer: the right button, a long press, or the menu key on what it is around. */
export function ContextMenu({ trigger, children }: Pick<MenuProps, 'trigger' | 'children'>) {
  return (
    <BaseContext.Root>
      <BaseContext.Trigger render={trigger} />
      <Popup align="start" side="bottom">
        {children}
      </Popup>
    </BaseContext.Root>
  );
}

export interface MenuItemProps {
  readonly icon?: ReactNode;
  readonly onClick: () => void;
  readonly danger?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly children: ReactNode;
}

/** One thing to do. */
export function MenuItem({ icon, onClick, danger = false, disabled = false, children }: MenuItemProps) {
  return (
    <Base.Item onClick={onClick} disabled={disabled} className={cx(styles.item, danger && styles.danger)}>
      <span className={styles.icon}>{icon}</span>
      <span>{children}</span>
    </Base.Item>
  );
}

/** A menu in a menu. */
export function Submenu({ icon, label, children }: { icon?: ReactNode; label: string; children: ReactNode }) {
  return (
    <Base.SubmenuRoot>
      <Base.SubmenuTrigger className={styles.item}>
        <span className={styles.icon}>{icon}</span>
        <span className={styles.grow}>{label}</span>
        <ChevronRight size={16} className={styles.chevron} aria-hidden="true" />
      </Base.SubmenuTrigger>
      <Popup align="start" side="inline-end">
        {children}
      </Popup>
    </Base.SubmenuRoot>
  );
}

export function MenuSeparator() {
  return <Base.Separator className={styles.separator} />;
}

function Popup(props: {
  align: 'start' | 'center' | 'end';
  side: 'top' | 'bottom' | 'inline-end';
  children: ReactNode;
}) {
  const { align, side, children } = props;
  return (
    <Base.Portal>
      <Base.Positioner
        align={align}
        side={side}
        sideOffset={4}
        collisionPadding={8}
        className={popup.positioner}
      >
        <Base.Popup className={cx(popup.popup, styles.popup)}>{children}</Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  );
}
