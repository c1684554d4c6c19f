/** The envelope around every JSON answer of `/api/v1` (contract section 1). */
import { z } from 'zod';
import { errorCodes } from './errors.ts';
import { timestamp } from './primitives.ts';

export const errorDetail = z.object({ path: z.string(), message: z.string() }).meta({ id: 'ErrorDetail' });

export const wireError = z
  .object({ code: z.enum(errorCodes), message: z.string(), details: z.array(errorDetail) })
  .meta({ id: 'ApiError' });

export const meta = z.object({ request_id: z.string(), timestamp }).meta({ id: 'Meta' });

export const errorEnvelope = z
  .object({ success: z.literal(false), data: z.null(), error: wireError, meta })
  .meta({ id: 'ErrorResponse' });

/** The envelope of a successful answer whose `data` has the given schema. */
export function successEnvelope<T extends z.ZodType>(data: T) {
  return z.object({ success: z.literal(true), data, error: z.null(), meta });
}

/** A request id that a client may choose itself: printable, short, harmless in logs and headers. */
export const requestIdPattern = /^[A-Za-z0-9._:-]{8,128}$/;

export type WireError = z.output<typeof wireError>;
export type Meta = z.output<typeof meta>;
export type Envelope<T> =
  | { success: true; data: T; error: null; meta: Meta }
  | { success: false; data: null; error: WireError; meta: Meta };
