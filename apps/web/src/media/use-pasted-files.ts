import { type RefObject, useEffect } from 'react';

/** Takes files that are pasted into an element, or anywhere while the focus is nowhere and no other element takes them. */
export function usePastedFiles(
  zone: RefObject<HTMLElement | null>,
  onFiles: (files: readonly File[]) => void,
  disabled: boolean,
): void {
  useEffect(() => {
    if (disabled) return;
    const onPaste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0 || event.defaultPrevented || !isMeant(zone.current, event.target)) return;
      // What is copied from an office program is text, and a picture of it as well.
      if (event.clipboardData?.types.includes('text/plain')) return;
      event.preventDefault();
      onFiles(files);
    };
    document.addEventListener('paste', onPaste);
    return () => document.removeEventListener('paste', onPaste);
  }, [zone, onFiles, disabled]);
}

function isMeant(zone: HTMLElement | null, target: EventTarget | null): boolean {
  if (!zone) return false;
  if (target instanceof Node && zone.contains(target)) return true;
  return target === document.body && document.querySelectorAll('[data-takes-files]').length === 1;
}
