/** A long press with a finger, for browsers that make no `contextmenu` event of it. */
import { type PointerEvent, useRef } from 'react';

/** Milliseconds of a long press, and pixels that a finger may move meanwhile. */
const long = 480;
const slip = 10;

export function useLongPress(onPress: (at: { x: number; y: number }) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const from = useRef({ x: 0, y: 0 });
  const end = () => clearTimeout(timer.current);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.pointerType !== 'touch') return;
      from.current = { x: event.clientX, y: event.clientY };
      end();
      timer.current = setTimeout(() => {
        navigator.vibrate?.(10);
        onPress(from.current);
      }, long);
    },
    onPointerMove: (event: PointerEvent) => {
      if (Math.hypot(event.clientX - from.current.x, event.clientY - from.current.y) > slip) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
