import { useEffect, useRef } from 'react';
import styles from './tooltips.module.css';

/** Milliseconds that the pointer rests before a tooltip comes; right after another one it comes at once. */
const delay = 500;
const warm = 300;
const gap = 6;

/**
 * The page's tooltip: shows the `data-tooltip` of what the pointer rests on, or the keyboard's focus is on. The texts are names that
 * assistive technology has already. Escape and any press take it away.
 */
export function Tooltips() {
  const popup = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!popup.current) return;
    const tooltip = new Tooltip(popup.current);
    const stop = new AbortController();
    const on = (type: string, listener: (event: Event) => void) =>
      document.addEventListener(type, listener, { capture: true, passive: true, signal: stop.signal });
    on('pointerover', (event) => (event as PointerEvent).pointerType === 'mouse' && tooltip.rest(event));
    on('focusin', (event) => (event.target as Element).matches(':focus-visible') && tooltip.rest(event));
    on('focusout', () => tooltip.hide());
    on('pointerdown', () => tooltip.hide());
    on('scroll', () => tooltip.hide());
    on('keydown', (event) => (event as KeyboardEvent).key === 'Escape' && tooltip.hide());
    return () => {
      stop.abort();
      tooltip.hide();
    };
  }, []);
  return <div ref={popup} popover="manual" className={styles.tooltip} aria-hidden="true" />;
}

class Tooltip {
  readonly #popup: HTMLElement;
  #of: Element | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hiddenAt = 0;

  constructor(popup: HTMLElement) {
    this.#popup = popup;
  }

  rest({ target }: Event): void {
    const element = target instanceof Element ? target.closest('[data-tooltip]') : null;
    if (element === this.#of) return;
    this.hide();
    if (!element) return;
    this.#of = element;
    const wait = performance.now() - this.#hiddenAt < warm ? 0 : delay;
    this.#timer = setTimeout(() => this.#show(element), wait);
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.#of = null;
    if (!this.#popup.matches(':popover-open')) return;
    this.#popup.hidePopover();
    this.#hiddenAt = performance.now();
  }

  #show(element: Element): void {
    // An open menu says more.
    if (!element.isConnected || element.getAttribute('aria-expanded') === 'true') return;
    this.#popup.textContent = element.getAttribute('data-tooltip');
    this.#popup.showPopover();
    const at = element.getBoundingClientRect();
    const { width, height } = this.#popup.getBoundingClientRect();
    const below = at.bottom + gap + height <= innerHeight;
    const centred = at.left + (at.width - width) / 2;
    this.#popup.style.top = `${below ? at.bottom + gap : at.top - gap - height}px`;
    this.#popup.style.left = `${Math.min(Math.max(gap, centred), innerWidth - width - gap)}px`;
  }
}
