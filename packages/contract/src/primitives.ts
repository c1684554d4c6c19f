/** The small schemas that everything else is made of (contract section 1). */
import { z } from 'zod';

/** A UUID of any RFC 9562 version; compared and stored in lower case. */
export const uuid = z.uuid().toLowerCase();

/** ISO 8601 UTC with milliseconds. */
export const timestamp = z.iso.datetime({ precision: 3 });

/** E.164, e.g. `+491511234567` (ITU-T E.164, contract section 1). */
export const phone = z
  .string()
  .regex(/^\+[1-9]\d{1,14}$/, 'must be a phone number in E.164 form, like +491511234567');

/** Number of Unicode code points in a well-formed string. */
export function codePointLength(value: string): number {
  let pairs = 0;
  for (let i = 0; i < value.length; i++) {
    // A high surrogate of a well-formed string is always followed by its low half.
    if ((value.charCodeAt(i) & 0xfc00) === 0xd800) pairs++;
  }
  return value.length - pairs;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is what it is for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Removes control characters (Unicode category Cc) other than newline and tab; nothing else is changed. */
export function stripControls(value: string): string {
  return value.replace(controls, '');
}

/**
 * Text as people type it: control characters are stripped, lengths count code points, lone surrogates are
 * refused (they cannot be stored as UTF-8). With `min: 1`, text with nothing left after that is refused; white space is
 * text like any other.
 */
export function text(limits: { min?: number; max: number }) {
  const min = limits.min ?? 0;
  return z
    .string()
    .overwrite(stripControls)
    .check((ctx) => {
      const value = ctx.value;
      if (!value.isWellFormed()) {
        ctx.issues.push({ code: 'custom', input: value, message: 'must be well-formed Unicode' });
      } else if (min > 0 && value.length === 0) {
        ctx.issues.push({ code: 'custom', input: value, message: 'must not be empty' });
      } else if (value.length > limits.max && codePointLength(value) > limits.max) {
        ctx.issues.push({
          code: 'custom',
          input: value,
          message: `must have at most ${limits.max} characters`,
        });
      }
    })
    .meta({ ...(min > 0 ? { minLength: min } : {}), maxLength: limits.max });
}

/** A counter of the contract's Sync section: `seq`, `version`, `state_version`, `user_version`. */
export const counter = z.int().nonnegative();
