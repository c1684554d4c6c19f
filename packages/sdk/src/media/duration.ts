/** The longest wait for what a player finds out, in milliseconds. */
const longest = 2000;

/** How long a sound is, in milliseconds, as far as a page's own player can tell; else 0. Never rejects. */
export async function durationOf(file: unknown): Promise<number> {
  if (typeof Audio === 'undefined' || !(file instanceof Blob)) return 0;
  const url = URL.createObjectURL(file);
  const audio = new Audio();
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<unknown>((resolve) => {
    timer = setTimeout(resolve, longest, null);
    audio.onloadedmetadata = resolve;
    audio.onerror = resolve;
    audio.preload = 'metadata';
    audio.src = url;
  });
  clearTimeout(timer);
  URL.revokeObjectURL(url);
  // What is still being recorded has no end.
  return Number.isFinite(audio.duration) ? Math.round(audio.duration * 1000) : 0;
}
