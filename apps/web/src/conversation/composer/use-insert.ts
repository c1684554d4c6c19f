import { type RefObject, useCallback, useLayoutEffect, useRef } from 'react';

/** Puts a text where the cursor is, in place of what is marked, and leaves the cursor behind it. */
export function useInsert(field: RefObject<HTMLTextAreaElement | null>, write: (text: string) => void) {
  const cursor = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (cursor.current === null) return;
    field.current?.setSelectionRange(cursor.current, cursor.current);
    cursor.current = null;
  });
  return useCallback(
    (text: string) => {
      const { current } = field;
      if (!current) return;
      const { value, selectionStart, selectionEnd } = current;
      cursor.current = selectionStart + text.length;
      write(value.slice(0, selectionStart) + text + value.slice(selectionEnd));
    },
    [field, write],
  );
}
