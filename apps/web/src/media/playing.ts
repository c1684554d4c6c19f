/** One sound at a time: whoever begins stops the one before. */
let current: HTMLMediaElement | null = null;

export function beginPlaying(element: HTMLMediaElement): void {
  if (current !== element) current?.pause();
  current = element;
}

export function endPlaying(element: HTMLMediaElement): void {
  if (current === element) current = null;
}

const speeds = [1, 1.5, 2] as const;
export type Speed = (typeof speeds)[number];

/** The next speed; after the fastest comes the usual one again. */
export function nextSpeed(speed: Speed): Speed {
  return speeds[(speeds.indexOf(speed) + 1) % speeds.length] ?? 1;
}
