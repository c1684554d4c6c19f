/** How much more may be written, where that is not much. */
import { cx } from '../../lib/cx.ts';
import { formatNumber } from '../../lib/numbers.ts';
import { texts } from '../../texts/texts.ts';
import styles from './composer.module.css';

/** Code points from the limit at which it is told. */
const near = 200;

export function Room({ left }: { left: number }) {
  if (left > near) return null;
  const label = left < 0 ? texts.conversation.tooLong(-left) : texts.conversation.left(left);
  return (
    <span className={cx(styles.room, left < 0 && styles.over)} role={left < 0 ? 'alert' : undefined}>
      <span aria-hidden="true">{formatNumber(left)}</span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
