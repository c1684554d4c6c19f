/** What the viewer shows: one picture, which can be made larger and moved, or one video. */
import type { Message } from '@parley/sdk';
import { RotateCw } from 'lucide-react';
import { type PointerEvent, type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { texts } from '../../texts/texts.ts';
import { fileOf } from '../shown.ts';
import { type MediaSource, useMediaSource } from '../use-media-source.ts';
import styles from './stage.module.css';

interface StageProps {
  readonly message: Message;
  readonly zoom: number;
  readonly onZoom: (zoom: number) => void;
}

export function Stage({ message, zoom, onZoom }: StageProps) {
  const full = useMediaSource(message.media, 'file');
  const thumbnail = useMediaSource(message.media, 'thumbnail');
  if (full.failed) return <Failed retry={full.retry} />;
  if (message.type === 'video') {
    return (
      <div className={styles.stage}>
        {/* biome-ignore lint/a11y/useMediaCaption: there is no text of what is said in it */}
        <video
          className={styles.video}
          src={full.src}
          poster={thumbnail.src}
          controls
          autoPlay
          playsInline
          onError={full.onError}
        />
      </div>
    );
  }
  return <Picture message={message} full={full} thumbnail={thumbnail} zoom={zoom} onZoom={onZoom} />;
}

interface PictureProps extends StageProps {
  readonly full: MediaSource;
  readonly thumbnail: MediaSource;
}

function Picture({ message, full, thumbnail, zoom, onZoom }: PictureProps) {
  const [loaded, setLoaded] = useState(false);
  const drag = useDragging();
  const stage = useRef<HTMLDivElement>(null);
  useCentre(stage, zoom);
  const { media } = message;
  const alt = fileOf(message)?.caption || texts.media.photo;
  const shape = media?.width && media.height ? media.width / media.height : 1;
  return (
    <div ref={stage} className={cx(styles.stage, zoom > 1 && styles.zoomed)} {...(zoom > 1 ? drag : {})}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a shorter way to what the buttons do */}
      <div
        className={styles.picture}
        style={{ aspectRatio: shape, '--shape': shape, '--zoom': zoom } as React.CSSProperties}
        onDoubleClick={() => onZoom(zoom > 1 ? 1 : 2)}
      >
        {!loaded && thumbnail.src && <img className={styles.thumbnail} src={thumbnail.src} alt="" />}
        <img
          className={styles.full}
          src={full.src}
          alt={alt}
          draggable={false}
          onLoad={() => setLoaded(true)}
          onError={full.onError}
        />
      </div>
    </div>
  );
}

/** What was in the middle stays there when the picture grows or shrinks. */
function useCentre(stage: RefObject<HTMLElement | null>, zoom: number): void {
  const before = useRef(zoom);
  useLayoutEffect(() => {
    const element = stage.current;
    const factor = zoom / before.current;
    before.current = zoom;
    if (!element || factor === 1) return;
    const { clientWidth, clientHeight, scrollLeft, scrollTop } = element;
    element.scrollTo(
      (scrollLeft + clientWidth / 2) * factor - clientWidth / 2,
      (scrollTop + clientHeight / 2) * factor - clientHeight / 2,
    );
  }, [stage, zoom]);
}

function Failed({ retry }: { retry: () => void }) {
  return (
    <div className={styles.stage}>
      <div className={styles.failed} role="alert">
        <p>{texts.media.notLoaded}</p>
        <button type="button" onClick={retry}>
          <RotateCw aria-hidden /> {texts.actions.retry}
        </button>
      </div>
    </div>
  );
}

/** A mouse moves the picture by pulling; fingers scroll by themselves. */
function useDragging() {
  const from = useRef<{ x: number; y: number } | null>(null);
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.pointerType !== 'mouse') return;
    from.current = { x: event.clientX, y: event.clientY };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (!from.current) return;
    event.currentTarget.scrollBy(from.current.x - event.clientX, from.current.y - event.clientY);
    from.current = { x: event.clientX, y: event.clientY };
  };
  const end = () => {
    from.current = null;
  };
  return { onPointerDown, onPointerMove, onPointerUp: end, onPointerCancel: end };
}
