import { useCallback, useEffect, useRef, useState } from 'react';

/** What is written and not sent yet: here at once, and kept by the client; until something is written, what the client has kept. */
export function useDraft(kept: string, keep: (text: string) => void) {
  const [text, setText] = useState(kept);
  const touched = useRef(false);
  useEffect(() => {
    if (!touched.current) setText(kept);
  }, [kept]);
  const write = useCallback(
    (next: string) => {
      touched.current = true;
      setText(next);
      keep(next);
    },
    [keep],
  );
  return [text, write] as const;
}
