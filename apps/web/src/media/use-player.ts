/** Plays the sound of a message. It is fetched when it is first played. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { beginPlaying, endPlaying, nextSpeed, type Speed } from './playing.ts';
import type { ShownFile } from './shown.ts';
import { useMediaSource } from './use-media-source.ts';
import { useObjectUrl } from './use-object-url.ts';

export interface Player {
  readonly ref: RefObject<HTMLAudioElement | null>;
  readonly src: string | undefined;
  readonly playing: boolean;
  /** Seconds. */
  readonly position: number;
  /** Seconds; 0 until it is known. */
  readonly duration: number;
  readonly speed: Speed;
  readonly failed: boolean;
  readonly toggle: () => void;
  readonly seek: (seconds: number) => void;
  readonly faster: () => void;
}

export function usePlayer({ media, own }: ShownFile): Player {
  const ref = useRef<HTMLAudioElement>(null);
  const wanted = useRef(false);
  const ownUrl = useObjectUrl(own?.blob);
  const stored = useMediaSource(media, 'file');
  const [playing, setPlaying] = useState(false);
  const [position, setPosition] = useState(0);
  const [duration, setDuration] = useState(0);
  const [speed, setSpeed] = useState<Speed>(1);
  const src = ownUrl ?? stored.src;
  const { onError } = stored;

  useEffect(() => {
    const audio = ref.current;
    if (!audio) return;
    const over = new AbortController();
    const on = (event: string, listener: () => void) =>
      audio.addEventListener(event, listener, { signal: over.signal });
    on('play', () => setPlaying(true));
    on('pause', () => setPlaying(false));
    on('timeupdate', () => setPosition(audio.currentTime));
    // A sound that was written as it came has no end until it was read to it.
    on('durationchange', () => setDuration(Number.isFinite(audio.duration) ? audio.duration : 0));
    on('ended', () => {
      wanted.current = false;
      audio.currentTime = 0;
    });
    on('error', () => onError());
    return () => over.abort();
  }, [onError]);

  useEffect(() => {
    const audio = ref.current;
    return () => {
      audio?.pause();
      if (audio) endPlaying(audio);
    };
  }, []);

  const play = useCallback(() => {
    const audio = ref.current;
    if (!audio) return;
    wanted.current = true;
    beginPlaying(audio);
    // What goes wrong is told by `error`; to be interrupted is no failure.
    audio.play().catch(() => {});
  }, []);

  // The address was renewed because the one before did not work.
  useEffect(() => {
    if (src && wanted.current && ref.current?.paused) play();
  }, [src, play]);

  const toggle = useCallback(() => {
    if (ref.current?.paused === false) {
      wanted.current = false;
      ref.current.pause();
    } else if (stored.failed) stored.retry();
    else play();
  }, [play, stored]);

  const seek = useCallback((seconds: number) => {
    setPosition(seconds);
    if (ref.current) ref.current.currentTime = seconds;
  }, []);

  const faster = useCallback(() => {
    const next = nextSpeed(speed);
    setSpeed(next);
    if (ref.current) ref.current.playbackRate = next;
  }, [speed]);

  return { ref, src, playing, position, duration, speed, failed: stored.failed, toggle, seek, faster };
}
