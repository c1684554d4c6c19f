/** How much room a picture has in a conversation: known before it is loaded, so that nothing moves when it is. */
import type { Media } from '@parley/sdk';

export interface Size {
  readonly width: number;
  readonly height: number;
}

const most: Size = { width: 330, height: 360 };
const least: Size = { width: 160, height: 120 };
/** Of a video whose size is not known yet. */
const usual: Size = { width: 16, height: 9 };

/** Milliseconds that a video may take to tell. */
const patience = 1500;

const measured = new WeakMap<Blob, Size>();

/** Finds out how large a picture or a video is, for when it is shown from this page. Never rejects. */
export async function measure(blob: Blob): Promise<void> {
  if (measured.has(blob)) return;
  try {
    if (blob.type.startsWith('image/')) measured.set(blob, await sizeOfImage(blob));
    else if (blob.type.startsWith('video/')) measured.set(blob, await sizeOfVideo(blob));
  } catch {
    // It is nothing that this browser knows: the server will say.
  }
}

async function sizeOfImage(blob: Blob): Promise<Size> {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

async function sizeOfVideo(blob: Blob): Promise<Size> {
  const url = URL.createObjectURL(blob);
  const video = document.createElement('video');
  try {
    await new Promise((resolve, reject) => {
      video.onloadedmetadata = resolve;
      video.onerror = reject;
      setTimeout(reject, patience);
      video.preload = 'metadata';
      video.src = url;
    });
    return { width: video.videoWidth || usual.width, height: video.videoHeight || usual.height };
  } finally {
    video.removeAttribute('src');
    URL.revokeObjectURL(url);
  }
}

/** Pixels on the page, which keep the picture's shape unless it is very long. */
export function roomFor(media: Media | null, blob?: Blob): Size {
  const stored = media?.width && media.height ? { width: media.width, height: media.height } : null;
  const known = stored ?? (blob && measured.get(blob));
  const { width, height } = known ?? usual;
  const largest = Math.min(most.width / width, most.height / height);
  const scale = known ? Math.min(1, largest) : largest;
  const within = (size: number, low: number, high: number) => Math.round(Math.min(high, Math.max(low, size)));
  return {
    width: within(width * scale, least.width, most.width),
    height: within(height * scale, least.height, most.height),
  };
}
