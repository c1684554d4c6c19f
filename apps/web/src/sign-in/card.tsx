import type { ReactNode } from 'react';
import { Logo } from '../ui/logo.tsx';
import styles from './sign-in.module.css';

/** The page before the chats: a card with the brand on it. */
export function Card({ children }: { children: ReactNode }) {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Logo size={56} />
        </div>
        {children}
      </div>
    </main>
  );
}
