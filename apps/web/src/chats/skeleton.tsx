import { texts } from '../texts/texts.ts';
import styles from './skeleton.module.css';

const widths = [62, 45, 71, 38, 56, 49];

/** Rows that have no content yet. */
export function Skeleton() {
  return (
    <div className={styles.skeleton} role="status">
      <span className="visually-hidden">{texts.app.loading}</span>
      {widths.map((width, index) => (
        <div
          key={width}
          className={styles.row}
          style={{ animationDelay: `${index * 80}ms` }}
          aria-hidden="true"
        >
          <span className={styles.face} />
          <span className={styles.lines}>
            <span className={styles.line} style={{ inlineSize: `${width * 0.7}%` }} />
            <span className={styles.line} style={{ inlineSize: `${width}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}
