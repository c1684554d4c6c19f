import { useCallback, useEffect, useState } from 'react';

/** Counts seconds down to 0, by the clock. Returns those that are left, and what begins anew. */
export function useCountdown(): [left: number, start: (seconds: number) => void] {
  const [end, setEnd] = useState(0);
  const [left, setLeft] = useState(0);
  const start = useCallback((seconds: number) => {
    setEnd(performance.now() + seconds * 1000);
    setLeft(Math.ceil(seconds));
  }, []);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000))), 1000);
    return () => clearTimeout(timer);
  }, [end, left]);
  return [left, start];
}
