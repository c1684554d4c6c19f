/** Loads older and newer messages before the reader comes to the end of those that are there. */
import { useCallback, useRef } from 'react';

/** Pixels from an end at which more is loaded. */
const near = 2400;
/** Milliseconds until it is tried again after an error, at the earliest. */
const pause = 3000;

interface Paging {
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loadOlder: () => Promise<void>;
  readonly loadNewer: () => Promise<void>;
}

/** What is to be called with every scroll and every change: pixels above and below what is in view. */
export function usePaging({ hasOlder, hasNewer, loadOlder, loadNewer }: Paging) {
  const busy = useRef(false);
  const notBefore = useRef(0);
  return useCallback(
    (above: number, below: number) => {
      if (busy.current || Date.now() < notBefore.current) return;
      const load = hasOlder && above < near ? loadOlder : hasNewer && below < near ? loadNewer : null;
      if (!load) return;
      busy.current = true;
      // What went wrong is shown by the conversation.
      const failed = () => {
        notBefore.current = Date.now() + pause;
      };
      void load()
        .catch(failed)
        .finally(() => {
          busy.current = false;
        });
    },
    [hasOlder, hasNewer, loadOlder, loadNewer],
  );
}
