/** Panes: the parts of the window that routes fill. */
import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { cx } from '../lib/cx.ts';
import { texts } from '../texts/texts.ts';
import { IconButton } from './icon-button.tsx';
import styles from './pane.module.css';

export interface PaneHeaderProps {
  /** The name of the pane: its heading. */
  readonly title?: string | undefined;
  /** In place of the title alone; holds the pane's heading. */
  readonly children?: ReactNode;
  /** Where the back button goes; by default to the list of chats. */
  readonly back?: string | undefined;
  /** `narrow`: only where one pane has all the room, as for what stands beside the list. */
  readonly backShown?: 'always' | 'narrow' | undefined;
  /** Buttons at its end. */
  readonly actions?: ReactNode;
}

/** The top of a pane: a way back, what it is, what can be done. */
export function PaneHeader({ title, children, back = '/', backShown = 'always', actions }: PaneHeaderProps) {
  const [, navigate] = useLocation();
  return (
    <header className={styles.header}>
      <IconButton
        label={texts.actions.back}
        icon={<ArrowLeft size={22} className={styles.arrow} />}
        className={cx(styles.back, backShown === 'narrow' && styles.narrow)}
        onClick={() => navigate(back)}
      />
      {children ?? <h2 className={styles.title}>{title}</h2>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}

/** The rest of a pane: scrolls by itself, its content in a readable width. */
export function PaneBody({ children, className }: { children: ReactNode; className?: string | undefined }) {
  return (
    <div className={styles.body}>
      <div className={cx(styles.content, className)}>{children}</div>
    </div>
  );
}

/** A header and a body that scrolls, as most panes are. */
export function Pane({ children, ...header }: PaneHeaderProps) {
  return (
    <>
      <PaneHeader {...header} />
      <PaneBody>{children}</PaneBody>
    </>
  );
}
