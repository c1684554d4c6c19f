/** Opus packets (RFC 6716): how long one lasts, which its first byte says. */

/** Samples at 48 kHz of one packet (section 3.1). Throws where it holds nothing. */
export function samplesOf(packet: Uint8Array): number {
  const [toc, count] = packet;
  if (toc === undefined) throw new Error('An Opus packet is empty');
  const config = toc >> 3;
  return frameSamples(config) * frames(toc & 3, count);
}

/** SILK, hybrid and CELT modes have frames of different lengths: 2.5 to 60 ms. */
function frameSamples(config: number): number {
  if (config < 12) return [480, 960, 1920, 2880][config & 3] as number;
  if (config < 16) return [480, 960][config & 1] as number;
  return 120 << (config & 3);
}

function frames(code: number, count: number | undefined): number {
  if (code < 3) return code === 0 ? 1 : 2;
  if (count === undefined) throw new Error('An Opus packet is cut off');
  return count & 63;
}
