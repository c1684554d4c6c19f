import { useCallback, useEffect, useState } from 'react';
import { type Pair, startDemo } from './start.ts';

export interface PairState {
  readonly pair: Pair | null;
  readonly error: unknown;
  readonly retry: () => void;
  /** Signs both out. */
  readonly end: () => Promise<void>;
}

/** The two people of the demo, as long as it is shown. */
export function usePair(): PairState {
  const [pair, setPair] = useState<Pair | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt begins anew
  useEffect(() => {
    const { pair: starting, close } = startDemo();
    let shown = true;
    setError(null);
    starting.then(
      (ready) => shown && setPair(ready),
      (cause) => shown && setError(cause),
    );
    return () => {
      shown = false;
      setPair(null);
      close();
    };
  }, [attempt]);
  const retry = useCallback(() => setAttempt((number) => number + 1), []);
  const end = useCallback(async () => {
    await Promise.all((pair?.people ?? []).map(({ client }) => client.signOut()));
  }, [pair]);
  return { pair, error, retry, end };
}
