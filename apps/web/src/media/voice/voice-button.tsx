/** Records what one says and sends it. While it records, a bar lies over the form that it stands in. */
import { useSend } from '@parley/sdk/react';
import { Mic, Send, Trash2 } from 'lucide-react';
import { type KeyboardEvent, useRef } from 'react';
import { texts } from '../../texts/texts.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { useToast } from '../../ui/toast.tsx';
import { formatDuration } from '../format.ts';
import { Level } from './level.tsx';
import { canRecord } from './recorder.ts';
import { useRecorder } from './use-recorder.ts';
import styles from './voice-button.module.css';

export interface VoiceButtonProps {
  readonly chatId: string;
  /** The message that is being answered. */
  readonly replyTo?: string | undefined;
  /** After a recording was given to be sent. */
  readonly onSent?: (() => void) | undefined;
}

export function VoiceButton({ chatId, replyTo, onSent }: VoiceButtonProps) {
  const { sendFile } = useSend(chatId);
  const toast = useToast();
  const opener = useRef<HTMLButtonElement>(null);
  const { recorder, elapsedMs, starting, start, finish, cancel } = useRecorder((error) =>
    toast.show(problemText(error), { timeout: 8000 }),
  );
  // The bar goes, and with it the focus that it has.
  const focusBack = () => requestAnimationFrame(() => opener.current?.focus());
  const send = async () => {
    const recording = await finish();
    focusBack();
    if (!recording) return;
    const { file, filename, durationMs } = recording;
    // What goes wrong is shown at the message.
    void sendFile(file, { type: 'audio', filename, durationMs, ...(replyTo ? { replyTo } : {}) });
    onSent?.();
  };
  const stop = () => {
    cancel();
    focusBack();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    stop();
  };
  if (!canRecord()) return null;
  return (
    <>
      <IconButton
        ref={opener}
        label={texts.media.record}
        icon={<Mic size={22} />}
        disabled={starting || recorder !== null}
        onClick={start}
      />
      {recorder && (
        <fieldset className={styles.bar} aria-label={texts.media.recording} onKeyDown={onKeyDown}>
          <IconButton label={texts.media.cancelRecording} icon={<Trash2 size={20} />} onClick={stop} />
          <span className={styles.dot} aria-hidden />
          <span className={styles.time} role="timer">
            {formatDuration(elapsedMs)}
          </span>
          <Level recorder={recorder} />
          <IconButton
            autoFocus
            label={texts.media.sendRecording}
            icon={<Send size={20} className={styles.send} />}
            variant="filled"
            onClick={() => void send()}
          />
        </fieldset>
      )}
      <span className="visually-hidden" role="status">
        {recorder ? texts.media.recordingBegan : ''}
      </span>
    </>
  );
}

function problemText(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return texts.media.microphoneRefused;
  if (name === 'NotFoundError') return texts.media.microphoneMissing;
  if (name === 'NotReadableError') return texts.media.microphoneBusy;
  return texts.media.recordingFailed;
}
