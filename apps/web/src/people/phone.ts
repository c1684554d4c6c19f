/** Phone numbers as people write them (contract section 1: E.164). */

/** The number as the server has it; null where it is none. Without a country code it cannot be known. */
export function readPhone(text: string): string | null {
  const number = text.replace(/[\s().\-/–]/g, '').replace(/^00/, '+');
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null;
}

/** Whether somebody seems to be writing a number rather than a name. */
export function looksLikePhone(text: string): boolean {
  return /^\s*(\+|00)[\d\s().\-/–]{3,}$/.test(text);
}
