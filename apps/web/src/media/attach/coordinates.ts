/** Coordinates as people have them: `52.52, 13.405`, as maps show them, or a `geo:` address (RFC 5870). */

export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Null where they cannot be read, or are none on Earth. */
export function readCoordinates(text: string): Coordinates | null {
  const found = /^(?:geo:)?\s*(-?\d+(?:\.\d+)?)\s*°?\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*°?(?:[;?].*)?$/.exec(
    text.trim(),
  );
  if (!found) return null;
  const [latitude, longitude] = [Number(found[1]), Number(found[2])];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}
