/** Where a stored file is read from. Addresses end after an hour (contract section 2, Media): one that fails is asked for again, once. */
import type { Media } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useCallback, useState } from 'react';

export interface MediaSource {
  /** Undefined where there is none. */
  readonly src: string | undefined;
  /** A fresh address did not help either. */
  readonly failed: boolean;
  /** To be told that the address does not work (any more). */
  readonly onError: () => void;
  /** Asks for a fresh address again. */
  readonly retry: () => void;
}

interface State {
  /** The file as it was asked for again; it counts until the message tells of it anew. */
  readonly of: Media | null;
  readonly fresh: Media | null;
  readonly asked: boolean;
  readonly failed: boolean;
}

const untouched: State = { of: null, fresh: null, asked: false, failed: false };

export function useMediaSource(media: Media | null, part: 'file' | 'thumbnail'): MediaSource {
  const client = useClient();
  const [kept, setState] = useState(untouched);
  const state = kept.of === media ? kept : untouched;
  const ask = useCallback(async () => {
    if (!media) return;
    setState({ of: media, fresh: null, asked: true, failed: false });
    try {
      const fresh = await client.media.get(media.media_id);
      setState({ of: media, fresh, asked: true, failed: false });
    } catch {
      // Shown as a file that cannot be loaded; one can try again.
      setState({ of: media, fresh: null, asked: true, failed: true });
    }
  }, [client, media]);
  const { asked, fresh, failed } = state;
  const onError = useCallback(() => {
    if (!asked) void ask();
    else if (fresh) setState({ of: media, fresh: null, asked: true, failed: true });
  }, [ask, asked, fresh, media]);
  const shown = asked ? fresh : media;
  const url = part === 'file' ? shown?.url : shown?.thumbnail_url;
  return { src: url ? client.resolve(url) : undefined, failed, onError, retry: ask };
}
