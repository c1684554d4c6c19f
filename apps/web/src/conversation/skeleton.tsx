/** What stands there until the messages do. */
import { cx } from '../lib/cx.ts';
import { texts } from '../texts/texts.ts';
import { PaneHeader } from '../ui/pane.tsx';
import styles from './conversation.module.css';

/** Widths of the bubbles, in percent; negative ones are one's own. */
const bubbles = [46, 28, -38, 52, -24, -44, 33, 41, -30];

export function Skeleton() {
  return (
    <>
      <PaneHeader backShown="narrow" title="" />
      <div className={styles.skeleton} role="status">
        <span className="visually-hidden">{texts.conversation.loading}</span>
        {bubbles.map((width) => (
          <span
            key={width}
            className={cx(styles.ghost, width < 0 && styles.ownGhost)}
            style={{ inlineSize: `${Math.abs(width)}%` }}
          />
        ))}
      </div>
    </>
  );
}
