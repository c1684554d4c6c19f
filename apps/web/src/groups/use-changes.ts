import { useState } from 'react';
import { useToast } from '../ui/toast.tsx';

/** Does one change at a time and says what went wrong. What it changes shows by itself, from the views. */
export function useChanges() {
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const run = async (change: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    try {
      await change();
      return true;
    } catch (error) {
      toast.error(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, run };
}
