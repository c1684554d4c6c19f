/** All emoji, by kind and by name; loaded when it is first shown. */
import { lazy, Suspense } from 'react';
import { Loading } from '../../ui/spinner.tsx';
import styles from './emoji.module.css';

const Picker = lazy(async () => ({ default: (await import('./picker.tsx')).Picker }));

export function EmojiPanel({ onPick }: { onPick: (emoji: string) => void }) {
  return (
    <div className={styles.panel}>
      <Suspense fallback={<Loading />}>
        <Picker onPick={onPick} />
      </Suspense>
    </div>
  );
}
