/** Sends a place: where one is, or coordinates that one has. */
import { useSend } from '@parley/sdk/react';
import { LocateFixed, Send } from 'lucide-react';
import { type SubmitEvent, useId, useState } from 'react';
import { texts } from '../../texts/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { formatCoordinates } from '../format.ts';
import { readCoordinates } from './coordinates.ts';
import styles from './send-location.module.css';

interface SendLocationProps {
  readonly chatId: string;
  readonly replyTo?: string | undefined;
  readonly onSent?: (() => void) | undefined;
  readonly onClose: () => void;
}

/** Milliseconds that the device may look for where it is. */
const patience = 15_000;

export function SendLocation({ chatId, replyTo, onSent, onClose }: SendLocationProps) {
  const { send } = useSend(chatId);
  const [written, setWritten] = useState('');
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const {
    locating,
    problem: notFound,
    locate,
  } = useOwnPlace((place) => {
    setWritten(formatCoordinates(place.latitude, place.longitude));
    setProblem(null);
  });
  const form = useId();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const place = readCoordinates(written);
    if (!place) return setProblem(texts.media.coordinatesInvalid);
    const payload = { ...place, ...(name.trim() ? { name: name.trim() } : {}) };
    // What goes wrong is shown at the message.
    void send({ type: 'location', payload, ...(replyTo ? { reply_to_message_id: replyTo } : {}) });
    onSent?.();
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={texts.media.locationTitle}
      actions={
        <Button variant="primary" type="submit" form={form} icon={<Send size={18} />}>
          {texts.media.send(1)}
        </Button>
      }
    >
      <form id={form} className={styles.form} onSubmit={submit} noValidate>
        <Button icon={<LocateFixed size={18} />} busy={locating} onClick={locate} wide>
          {locating ? texts.media.locating : texts.media.locate}
        </Button>
        <TextField
          label={texts.media.coordinates}
          hint={texts.media.coordinatesHint}
          error={problem ?? notFound}
          dir="ltr"
          inputMode="text"
          autoComplete="off"
          value={written}
          onChange={({ currentTarget }) => setWritten(currentTarget.value)}
        />
        <TextField
          label={texts.media.placeName}
          dir="auto"
          maxLength={256}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
      </form>
    </Dialog>
  );
}

function useOwnPlace(found: (place: GeolocationCoordinates) => void) {
  const [locating, setLocating] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const locate = () => {
    if (!('geolocation' in navigator)) return setProblem(texts.media.locateFailed);
    setLocating(true);
    setProblem(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setLocating(false);
        found(coords);
      },
      ({ code, PERMISSION_DENIED }) => {
        setLocating(false);
        setProblem(code === PERMISSION_DENIED ? texts.media.locateRefused : texts.media.locateFailed);
      },
      { enableHighAccuracy: true, timeout: patience, maximumAge: 60_000 },
    );
  };
  return { locating, problem, locate };
}
