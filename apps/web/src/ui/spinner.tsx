import { texts } from '../texts/texts.ts';
import styles from './spinner.module.css';

/** Something is under way. With a `label` it says so to assistive technology, too. */
export function Spinner({ size = 24, label }: { size?: number; label?: string | undefined }) {
  const drawing = (
    <svg className={styles.spinner} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" strokeWidth="2.5" opacity="0.2" />
      <path
        d="M12 3a9 9 0 0 1 9 9"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
    </svg>
  );
  if (label === undefined) return drawing;
  return (
    <span role="status" className={styles.status}>
      {drawing}
      <span className="visually-hidden">{label}</span>
    </span>
  );
}

/** A spinner in the middle of an empty pane. */
export function Loading({ label = texts.app.loading }: { label?: string | undefined }) {
  return (
    <div className={styles.page}>
      <Spinner size={32} label={label} />
    </div>
  );
}
