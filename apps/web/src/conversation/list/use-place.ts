/**
 * Where the list stands: at its end, where it stays while messages come; or at the place that was read, which must not move; or on its
 * way to a message.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import type { Row } from '../model/rows.ts';
import { isStored } from '../model/shown.ts';

/** Pixels that are more than what stands below the last row: the browser stops at the end. */
const beyond = 100;
/** Pixels from the end that still count as the end. */
const slack = 48;
/** Milliseconds in which the list may still be on its way to its end: rows that are measured late let it stop where the end was taken to be. */
const placingMs = 1000;
/** What a person scrolls with. */
const inputs = ['wheel', 'touchmove', 'keydown', 'pointerdown'];

export interface Place {
  /** Whether the newest of the rows are in view. */
  readonly atEnd: boolean;
  readonly toEnd: (smooth: boolean) => void;
  /** Keeps the list at its end, if that is where it stands. Call it when sizes change. */
  readonly hold: () => void;
  /** Notes where the person has scrolled to; answers the pixels above and below what is in view. */
  readonly note: () => { readonly above: number; readonly below: number } | null;
}

interface Options {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly rows: readonly Row[];
  /** Counts how often the list began anew. */
  readonly generation: number;
  /** The message to go to; `at` differs each time. */
  readonly target: { readonly messageId: string; readonly at: number } | null;
  readonly hasNewer: boolean;
  /** Whether it is known what is unread. */
  readonly settled: boolean;
}

export function usePlace({ scroller, list, rows, generation, target, hasNewer, settled }: Options): Place {
  const [atEnd, setAtEnd] = useState(true);
  const stuck = useRef(true);
  const began = useRef(-1);
  const opened = useRef(false);
  const went = useRef(0);
  const placed = useRef(Number.NEGATIVE_INFINITY);

  const hold = useCallback(() => {
    const element = scroller.current;
    if (element && stuck.current) element.scrollTop = element.scrollHeight;
  }, [scroller]);

  const toEnd = useCallback(
    (smooth: boolean) => {
      const element = scroller.current;
      if (!element) return;
      const far = element.scrollHeight - element.scrollTop > 4 * element.clientHeight;
      stuck.current = !smooth || far;
      element.scrollTo({ top: element.scrollHeight, behavior: smooth && !far ? 'smooth' : 'instant' });
    },
    [scroller],
  );

  const note = useCallback(() => {
    const element = scroller.current;
    if (!element) return null;
    if (stuck.current && performance.now() - placed.current < placingMs) hold();
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    stuck.current = below < slack && !hasNewer;
    setAtEnd(below < slack && !hasNewer);
    return { above: element.scrollTop, below };
  }, [scroller, hasNewer, hold]);

  useEffect(() => {
    const element = scroller.current;
    // From now on the person decides.
    const taken = () => {
      placed.current = Number.NEGATIVE_INFINITY;
    };
    for (const input of inputs) element?.addEventListener(input, taken, { passive: true });
    return () => {
      for (const input of inputs) element?.removeEventListener(input, taken);
    };
  }, [scroller]);

  useLayoutEffect(() => {
    const first = rows.findIndex(({ unread }) => unread);
    const goToEnd = () => {
      placed.current = performance.now();
      list.current?.scrollToIndex(rows.length - 1, { align: 'end', offset: beyond });
    };
    const wanted = target && target.at !== went.current ? target.messageId : null;
    const index = wanted
      ? rows.findIndex(({ message }) => isStored(message) && message.message_id === wanted)
      : -1;
    if (index >= 0) {
      went.current = target?.at ?? 0;
      began.current = generation;
      opened.current = true;
      stuck.current = false;
      list.current?.scrollToIndex(index, { align: 'center' });
    } else if (settled && !opened.current && rows.length > 0 && stuck.current) {
      // One goes on reading where one left off.
      began.current = generation;
      stuck.current = first < 0;
      if (stuck.current) goToEnd();
      else list.current?.scrollToIndex(first, { align: 'start', offset: -12 });
    } else if (began.current !== generation && rows.length > 0) {
      began.current = generation;
      stuck.current = true;
      goToEnd();
    }
    opened.current ||= settled;
    hold();
  }, [rows, generation, target, settled, list, hold]);

  // The end of the list moves with what is below it: the composer, the keyboard of a phone.
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(hold);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, hold]);

  return { atEnd, toEnd, hold, note };
}
