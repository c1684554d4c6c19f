/** A place in a conversation. There is no map: its pictures would come from somebody else, who would learn where one looks. */
import { Check, Copy, MapPin } from 'lucide-react';
import { useState } from 'react';
import { texts } from '../../texts/texts.ts';
import { formatCoordinates } from '../format.ts';
import styles from './location-body.module.css';

export function LocationBody({ payload }: { payload: object }) {
  const place = readPlace(payload);
  const [copied, setCopied] = useState(false);
  if (!place) return null;
  const { latitude, longitude, name, address } = place;
  const coordinates = formatCoordinates(latitude, longitude);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(coordinates);
      setCopied(true);
    } catch {
      // Not allowed: the coordinates stand there to be selected.
      setCopied(false);
    }
  };
  return (
    <div className={styles.location}>
      <div className={styles.ground} aria-hidden>
        <MapPin />
      </div>
      <div className={styles.about}>
        <p className={styles.name}>
          <bdi>{name || texts.media.location}</bdi>
        </p>
        {address && (
          <p className={styles.address}>
            <bdi>{address}</bdi>
          </p>
        )}
        <p className={styles.coordinates}>
          <bdi dir="ltr">{coordinates}</bdi>
        </p>
        <p className={styles.actions}>
          <a href={mapAddress(place)}>{texts.media.openMap}</a>
          <button type="button" onClick={copy}>
            {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
            <span aria-live="polite">{copied ? texts.media.copied : texts.media.copyCoordinates}</span>
          </button>
        </p>
      </div>
    </div>
  );
}

interface Place {
  readonly latitude: number;
  readonly longitude: number;
  readonly name: string;
  readonly address: string;
}

function readPlace(payload: object): Place | null {
  const given: Partial<Record<keyof Place, unknown>> = payload;
  if (typeof given.latitude !== 'number' || typeof given.longitude !== 'number') return null;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const { latitude, longitude } = given;
  return { latitude, longitude, name: text(given.name), address: text(given.address) };
}

/** For whatever shows maps on this device (RFC 5870); `q` is what Android and others put a mark on. */
export function mapAddress({ latitude, longitude, name }: Omit<Place, 'address'>): string {
  const label = name ? `(${encodeURIComponent(name)})` : '';
  return `geo:${latitude},${longitude}?q=${latitude},${longitude}${label}`;
}
