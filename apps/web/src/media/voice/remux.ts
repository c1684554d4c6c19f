/** From the container that a browser records into to one that the server takes; the sound within stays as it is. */
import { writeOgg } from './ogg.ts';
import { readWebm } from './webm.ts';

/** WebM with Opus as Ogg with Opus. Throws where it is something else, or empty. */
export function webmToOgg(webm: Uint8Array, serial: number): Uint8Array {
  const { codec, setup, packets } = readWebm(webm);
  if (codec !== 'A_OPUS') throw new Error('The recording is no Opus');
  return writeOgg(setup, packets, serial);
}
