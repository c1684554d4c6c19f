/** Keeps a file of a message on the device. */
import type { Media, ParleyClient, ParleyError, Progress } from '@parley/sdk';
import { useCallback, useEffect, useRef, useState } from 'react';

export interface DownloadState {
  /** Null while nothing is coming. */
  readonly progress: Progress | null;
  readonly error: ParleyError | null;
  readonly start: (media: Media, name: string) => void;
  readonly stop: () => void;
}

export function useDownload(client: ParleyClient): DownloadState {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<ParleyError | null>(null);
  const running = useRef<AbortController | null>(null);
  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);
  const start = useCallback(
    async (media: Media, name: string) => {
      running.current?.abort();
      const controller = new AbortController();
      const { signal } = controller;
      running.current = controller;
      setError(null);
      setProgress({ loaded: 0, total: media.size_bytes });
      try {
        save(await client.media.download(media, { signal, onProgress: setProgress }), name || media.media_id);
      } catch (cause) {
        // The client rejects with nothing else; who stops it knows.
        const problem = cause as ParleyError;
        if (signal.aborted) return;
        const address = client.resolve(media.url);
        // A store of files that lets no page read them may still let the browser fetch them.
        const elsewhere = new URL(address).origin !== location.origin;
        if (problem.code === 'NETWORK_ERROR' && elsewhere && navigator.onLine)
          follow(address, name, '_blank');
        else setError(problem);
      } finally {
        if (running.current === controller) setProgress(null);
      }
    },
    [client],
  );
  return { progress, error, start, stop };
}

/** Hands it to the browser, which puts it where downloads go. */
function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  follow(url, name);
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Lets the browser fetch it; what it shows instead of keeping it, it shows in a `target` of its own. */
function follow(url: string, name: string, target = ''): void {
  const link = document.createElement('a');
  Object.assign(link, { href: url, download: name, target, rel: 'noopener' });
  link.click();
}
