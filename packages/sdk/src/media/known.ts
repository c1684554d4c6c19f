import type { Media } from '@parley/contract';

/** Files that are remembered at most. */
const most = 100;

/** The newer of what is known of a file: once it is ready it does not go back. */
export function newerMedia(held: Media, given: Media): Media {
  return held.status === 'ready' && given.status === 'processing' ? held : given;
}

/** What the server has said of files of late: the answer to a send does not tell of the file that it carries. */
export class KnownMedia {
  readonly #files = new Map<string, Media>();

  add(media: Media): void {
    const held = this.#files.get(media.media_id);
    this.#files.delete(media.media_id);
    this.#files.set(media.media_id, held ? newerMedia(held, media) : media);
    for (const id of this.#files.keys()) {
      if (this.#files.size <= most) break;
      this.#files.delete(id);
    }
  }

  /** The file that a payload names, if it is known. */
  of(payload: object): Media | undefined {
    return 'media_id' in payload ? this.#files.get(String(payload.media_id).toLowerCase()) : undefined;
  }

  clear(): void {
    this.#files.clear();
  }
}
