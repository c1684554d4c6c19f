/** The top of a chat's info: the face, the name, and what is known at a glance. */
import type { ReactNode } from 'react';
import styles from './info.module.css';

export function InfoHead(props: {
  face: ReactNode;
  name: ReactNode;
  detail?: ReactNode;
  children?: ReactNode;
}) {
  const { face, name, detail, children } = props;
  return (
    <div className={styles.head}>
      {face}
      <h3 className={styles.name} dir="auto">
        {name}
      </h3>
      {detail && <p className={styles.detail}>{detail}</p>}
      {children}
    </div>
  );
}

/** A part of it, with its heading. */
export function InfoSection({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <section className={styles.section}>
      {title && <h4 className={styles.heading}>{title}</h4>}
      {children}
    </section>
  );
}
