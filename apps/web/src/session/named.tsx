import { useAccount } from '@parley/sdk/react';
import { lazy, type ReactNode } from 'react';
import { Part } from '../ui/part.tsx';

const Welcome = lazy(async () => ({ default: (await import('../sign-in/welcome.tsx')).Welcome }));

/** Shows `children` to who has a name; who has none is asked for it first. As long as it is not known, nobody is asked. */
export function Named({ children }: { children: ReactNode }) {
  const { profile } = useAccount();
  if (profile?.display_name !== '') return children;
  return (
    <Part>
      <Welcome />
    </Part>
  );
}
