import { useClient } from '@parley/sdk/react';
import { texts } from '../texts/texts.ts';
import { useToast } from '../ui/toast.tsx';

/** Blocking people, and ending it. Who is blocked shows in `useAccount`. */
export function useBlock() {
  const { users } = useClient();
  const toast = useToast();
  return {
    /** Rejects with `ParleyError`. */
    block: (id: string) => users.block({ id }),
    /** Says how it went. */
    unblock: async (id: string, name: string) => {
      try {
        await users.unblock({ id });
        toast.show(texts.people.unblocked(name));
      } catch (error) {
        toast.error(error);
      }
    },
  };
}
