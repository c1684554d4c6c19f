/** UUIDs of version 7 for messages of the past: they sort by the given time, as those that a server makes sort by the present. */
export function idAt(ms: number, index: number, random: () => number): string {
  const time = Math.floor(ms).toString(16).padStart(12, '0');
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  // What rises within a millisecond stands before what is random (RFC 9562, 6.2).
  const order = (index & 0xfff).toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-8${hex(3)}-${hex(6)}${hex(6)}`;
}
