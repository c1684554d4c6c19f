import { useSession } from '@parley/sdk/react';
import { type ReactNode, useCallback, useState } from 'react';
import { Loading } from '../ui/spinner.tsx';
import { useLive } from './use-live.ts';
import { useReady } from './use-ready.ts';

export interface SessionGateProps {
  /** Shown while nobody is signed in, and until it calls `done`: somebody new has more to say than a code. */
  readonly signIn: (done: () => void) => ReactNode;
  readonly children: ReactNode;
}

/** Shows `children` to who is signed in, and signs others in first. */
export function SessionGate({ signIn, children }: SessionGateProps) {
  const ready = useReady();
  const user = useSession();
  const [signingIn, setSigningIn] = useState(false);
  const done = useCallback(() => setSigningIn(false), []);
  useLive();
  if (!ready) return <Loading />;
  if (user === null && !signingIn) setSigningIn(true);
  return signingIn || user === null ? signIn(done) : children;
}
