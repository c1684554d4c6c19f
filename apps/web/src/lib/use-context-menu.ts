import { type MouseEvent, type TouchEvent, useRef } from 'react';

/** Milliseconds that a finger rests until it asks for the menu, and pixels that it may move meanwhile. */
const long = 500;
const slack = 10;

export interface MenuAsked {
  readonly target: Element;
  /** Where, in the window's CSS pixels. */
  readonly x: number;
  readonly y: number;
}

/**
 * Handlers that tell when a menu is asked for: by the right button of a mouse, the keyboard's menu key, or a finger that rests. `onAsk`
 * answers whether there is one; the browser's own does not come then. (iOS has no event of its own for fingers that rest.)
 */
export function useContextMenu(onAsk: (asked: MenuAsked) => boolean) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const start = useRef({ x: 0, y: 0 });
  const asked = useRef(false);
  const cancel = () => clearTimeout(timer.current);
  return {
    onContextMenu(event: MouseEvent<HTMLElement>) {
      cancel();
      const { clientX: x, clientY: y } = event;
      // A finger that rests is told twice by Android: by the event and by its time.
      if (asked.current || onAsk({ target: event.target as Element, x, y })) event.preventDefault();
    },
    onTouchStart(event: TouchEvent<HTMLElement>) {
      cancel();
      asked.current = false;
      const touch = event.touches[0];
      if (!touch || event.touches.length > 1) return;
      const { clientX: x, clientY: y } = touch;
      start.current = { x, y };
      const target = event.target as Element;
      timer.current = setTimeout(() => {
        asked.current = onAsk({ target, x, y });
      }, long);
    },
    onTouchMove(event: TouchEvent<HTMLElement>) {
      const touch = event.touches[0];
      const { x, y } = start.current;
      if (!touch || Math.hypot(touch.clientX - x, touch.clientY - y) > slack) cancel();
    },
    onTouchEnd(event: TouchEvent<HTMLElement>) {
      cancel();
      // The menu was asked for: letting go is no press on what is below.
      if (asked.current) event.preventDefault();
    },
    onTouchCancel: cancel,
    onClickCapture(event: MouseEvent<HTMLElement>) {
      if (!asked.current) return;
      asked.current = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
