import { type RefObject, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';

type Part = RefObject<HTMLElement | null>;

/**
 * Moves the focus with the address, unless what is shown then has taken it: into the pane that was opened, and back to the open chat's
 * row in the list. Without it the focus would stay on what is not to be seen any more.
 */
export function useFocusOnNavigation({ list, pane }: { list: Part; pane: Part }): void {
  const [location] = useLocation();
  const before = useRef(location);
  useEffect(() => {
    if (before.current === location) return;
    const left = before.current;
    before.current = location;
    const shown = location === '/' ? list.current : pane.current;
    if (!shown || shown.contains(document.activeElement)) return;
    const row = location === '/' ? rowOf(shown, left) : null;
    (row ?? shown).focus({ preventScroll: true });
  }, [location, list, pane]);
}

/** The row of the chat that was left. */
function rowOf(list: HTMLElement, left: string): HTMLElement | null {
  const chatId = /^\/c\/([^/]+)/.exec(left)?.[1];
  return chatId ? list.querySelector<HTMLElement>(`[data-chat="${CSS.escape(chatId)}"]`) : null;
}
