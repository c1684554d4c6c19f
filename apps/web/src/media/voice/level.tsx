import { useEffect, useRef } from 'react';
import styles from './level.module.css';
import type { Recorder } from './recorder.ts';

const bars = 28;

/** How loud it is and was in the last seconds: whether the microphone hears anything. */
export function Level({ recorder }: { recorder: Recorder }) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const levels = Array<number>(bars).fill(0);
    // Drawn without React: it is nothing that a page is made of.
    const timer = setInterval(() => {
      levels.shift();
      levels.push(recorder.level);
      for (const [index, bar] of [...(row.current?.children ?? [])].entries()) {
        (bar as HTMLElement).style.blockSize = `${8 + 92 * (levels[index] ?? 0)}%`;
      }
    }, 90);
    return () => clearInterval(timer);
  }, [recorder]);
  return (
    <div ref={row} className={styles.level} aria-hidden>
      {Array.from({ length: bars }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: each is its place
        <span key={index} className={styles.bar} />
      ))}
    </div>
  );
}
