/** A sound in a conversation: play, a place to move along, how long it is, and its speed. */
import { Mic, Pause, Play } from 'lucide-react';
import { texts } from '../../texts/texts.ts';
import { formatDuration } from '../format.ts';
import type { Sending, ShownFile, ShownMessage } from '../shown.ts';
import { usePlayer } from '../use-player.ts';
import styles from './audio-body.module.css';
import { Transfer } from './transfer.tsx';

interface AudioProps {
  readonly message: ShownMessage;
  readonly file: ShownFile;
  readonly sending: Sending | null;
}

export function AudioBody({ message, file, sending }: AudioProps) {
  const player = usePlayer(file);
  const { playing, position, duration, speed, failed, ref, src } = player;
  const total = duration || file.durationMs / 1000;
  const shown = playing || position > 0 ? position : total;
  if (!file.media && !file.own) return <p className={styles.note}>{texts.media.gone}</p>;
  return (
    <div className={styles.audio}>
      {sending ? (
        <Transfer chatId={message.chat_id} sending={sending} />
      ) : (
        <button
          type="button"
          className={styles.play}
          aria-label={playing ? texts.media.pause : texts.media.play}
          onClick={player.toggle}
        >
          {playing ? <Pause aria-hidden /> : <Play aria-hidden />}
        </button>
      )}
      <div className={styles.middle}>
        <input
          type="range"
          className={styles.range}
          aria-label={texts.media.position}
          aria-valuetext={texts.media.positionOf(
            formatDuration(position * 1000),
            formatDuration(total * 1000),
          )}
          min={0}
          max={total || 1}
          step={0.1}
          value={Math.min(position, total || 1)}
          disabled={sending !== null}
          style={{ '--done': total ? Math.min(1, position / total) : 0 } as React.CSSProperties}
          onChange={(event) => player.seek(event.currentTarget.valueAsNumber)}
        />
        <span className={styles.line}>
          <span className={styles.time}>{formatDuration(shown * 1000)}</span>
          {failed && <span role="alert">{texts.media.cannotPlay}</span>}
        </span>
      </div>
      {playing || speed !== 1 ? (
        <button
          type="button"
          className={styles.speed}
          aria-label={texts.media.speed(String(speed))}
          onClick={player.faster}
        >
          {speed}×
        </button>
      ) : (
        <Mic className={styles.mic} aria-hidden />
      )}
      {/* biome-ignore lint/a11y/useMediaCaption: there is no text of what somebody said */}
      <audio ref={ref} src={src} preload="none" />
    </div>
  );
}
