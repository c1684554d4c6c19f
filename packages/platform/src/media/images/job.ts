/** What the messaging process and an image process tell each other: names of files, numbers and words, never a picture. */

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif';

/** What the formats are called in MIME, as they come and as they are made. */
export const imageFormats: Readonly<Record<string, ImageFormat>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

export interface ImageJob {
  /** `avatar`: only a small square of it is wanted, in `smallPath`. */
  kind: 'image' | 'avatar';
  format: ImageFormat;
  /** The image as it came; null where `sourcePath` holds one that was made here. */
  incomingPath: string | null;
  /** Where to write it without its metadata. */
  sourcePath: string;
  /** Where to write the image if it has to be turned. */
  uprightPath: string;
  /** Where to write its thumbnail, or the avatar. */
  smallPath: string;
}

/** A file that was written. `sha256` is in lower-case hexadecimal. */
export interface Written {
  sizeBytes: number;
  sha256: string;
  mimeType: string;
}

/** What came of a job. Sizes are in pixels, of the image as it is shown; of an avatar those of its square. */
export interface ImageLook {
  width: number;
  height: number;
  /** The image without its metadata; null where there was nothing to take out, or it was not asked for. */
  source: Written | null;
  upright: Written | null;
  small: Written;
}

export type ImageAnswer =
  | { ok: true; look: ImageLook }
  /**
   * `failed`: the image was not the reason, for example a full disk. `refused` and `refused_size`: the reason is one for people.
   */
  | { ok: false; error: 'broken' | 'too_large' | 'failed' | 'refused' | 'refused_size'; reason: string };

/** `ready` comes once, before any job; `working` again and again during one, with the milliseconds of processor time it has had. */
export type FromImageProcess =
  | { kind: 'ready' }
  | { kind: 'working'; id: number; cpuMs: number }
  | { kind: 'answer'; id: number; answer: ImageAnswer; residentBytes: number };

export interface ToImageProcess {
  id: number;
  job: ImageJob;
}
