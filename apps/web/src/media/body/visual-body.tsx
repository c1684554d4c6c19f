/** A picture or a video in a conversation. Its room is kept before it is loaded; the thumbnail comes first. */
import { ImageOff, Play, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { formatBytes } from '../../lib/numbers.ts';
import { texts } from '../../texts/texts.ts';
import { formatDuration } from '../format.ts';
import type { Sending, ShownFile, ShownMessage } from '../shown.ts';
import { roomFor } from '../sizes.ts';
import { useMediaSource } from '../use-media-source.ts';
import { useObjectUrl } from '../use-object-url.ts';
import { useOpenViewer } from '../viewer/context.ts';
import { Transfer } from './transfer.tsx';
import styles from './visual-body.module.css';

/** Bytes up to which a picture is loaded without being asked for. */
const loadedAtOnce = 4_000_000;

interface VisualProps {
  readonly message: ShownMessage;
  readonly file: ShownFile;
  readonly sending: Sending | null;
}

export function VisualBody({ message, file, sending }: VisualProps) {
  const { type, media, caption, durationMs } = file;
  const own = useKept(file.own?.blob);
  const room = roomFor(media, own);
  const viewer = useOpenViewer();
  const what = type === 'image' ? texts.media.photo : texts.media.video;
  const gone = !media && !own;
  const canOpen = viewer !== null && 'message_id' in message && media !== null;
  return (
    <div
      className={styles.visual}
      style={{ inlineSize: room.width, aspectRatio: `${room.width} / ${room.height}` }}
    >
      <button
        type="button"
        className={styles.open}
        disabled={!canOpen}
        onClick={() => canOpen && viewer(message)}
      >
        <span className="visually-hidden">
          {caption ? texts.media.openWith(what, caption) : texts.media.open(what)}
        </span>
        {gone ? <Gone /> : <Layers file={file} own={own} />}
        {type === 'video' && !sending && !gone && (
          <span className={styles.play} aria-hidden>
            <Play />
          </span>
        )}
        {type === 'video' && durationMs > 0 && (
          <span className={styles.badge}>{formatDuration(durationMs)}</span>
        )}
        {type === 'image' && media && media.size_bytes > loadedAtOnce && (
          <span className={styles.badge}>{formatBytes(media.size_bytes)}</span>
        )}
      </button>
      {sending && <Transfer chatId={message.chat_id} sending={sending} over />}
    </div>
  );
}

/** What this page has sent stays shown from here: the stored file need not be loaded. */
function useKept(blob: Blob | undefined): Blob | undefined {
  const [kept, keep] = useState(blob);
  if (blob && blob !== kept) keep(blob);
  return blob ?? kept;
}

function Layers({ file, own }: { file: ShownFile; own: Blob | undefined }) {
  const { type, media } = file;
  const ownUrl = useObjectUrl(own);
  const thumbnail = useMediaSource(media, 'thumbnail');
  const eager = type === 'image' && !own && media !== null && media.size_bytes <= loadedAtOnce;
  const full = useMediaSource(eager ? media : null, 'file');
  const [loaded, setLoaded] = useState<string>();
  if (ownUrl && type === 'image') return <img className={styles.full} src={ownUrl} alt="" />;
  if (ownUrl) return <video className={styles.full} src={ownUrl} muted playsInline preload="metadata" />;
  return (
    <>
      {thumbnail.src && (
        <img
          className={cx(styles.thumbnail, !eager && styles.sharp)}
          src={thumbnail.src}
          alt=""
          onError={thumbnail.onError}
        />
      )}
      {full.src && !full.failed && (
        <img
          className={cx(styles.full, loaded !== full.src && styles.coming)}
          src={full.src}
          alt=""
          loading="lazy"
          decoding="async"
          onLoad={() => setLoaded(full.src)}
          onError={full.onError}
        />
      )}
      {full.failed && (
        <span className={styles.gone}>
          <RotateCw aria-hidden />
          {texts.media.notLoaded}
        </span>
      )}
    </>
  );
}

function Gone() {
  return (
    <span className={styles.gone}>
      <ImageOff aria-hidden />
      {texts.media.gone}
    </span>
  );
}
