/** Moves among messages by keyboard: one of them takes the focus by Tab, arrow keys go on from it. */
import { type KeyboardEvent, type RefObject, useCallback, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import type { Row } from '../model/rows.ts';

const steps: Readonly<Record<string, (index: number, last: number) => number>> = {
  ArrowUp: (index) => index - 1,
  ArrowDown: (index) => index + 1,
  PageUp: (index) => index - 10,
  PageDown: (index) => index + 10,
  Home: () => 0,
  End: (_, last) => last,
};

export function useArrows(
  rows: readonly Row[],
  list: RefObject<VirtualizerHandle | null>,
  scroller: RefObject<HTMLElement | null>,
) {
  const [chosen, setChosen] = useState<string | null>(null);
  const found = rows.findIndex(({ key }) => key === chosen);
  const active = found === -1 ? rows.length - 1 : found;

  const focus = useCallback(
    (index: number) => {
      const key = rows[index]?.key;
      if (key === undefined) return;
      setChosen(key);
      list.current?.scrollToIndex(index, { align: 'nearest' });
      // After the row was rendered, which being chosen makes sure of.
      requestAnimationFrame(() => {
        const row = scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
        row?.focus({ preventScroll: true });
      });
    },
    [rows, list, scroller],
  );

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const step = steps[event.key];
      const onRow = event.target instanceof HTMLElement && event.target.dataset.key !== undefined;
      if (!step || !onRow || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const last = rows.length - 1;
      focus(Math.min(last, Math.max(0, step(active, last))));
    },
    [rows, active, focus],
  );

  return { active, activeKey: rows[active]?.key ?? null, setChosen, onKeyDown, focus };
}
