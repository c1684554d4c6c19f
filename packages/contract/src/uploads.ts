/** How an upload is declared: a `multipart/form-data` request with one file. REST alone has them; the document and the SDK know them from here. */
import type { z } from 'zod';
import type { Access, HttpMethod, ProcedureDefinition } from './define.ts';
import type { ErrorCode } from './errors.ts';

export interface UploadDefinition<F extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> {
  readonly method: HttpMethod;
  /** Below `/api/v1`; `{name}` is a path parameter and a field of `fields`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: ProcedureDefinition['tag'];
  readonly access: Access;
  readonly summary: string;
  readonly description: string;
  /** Path parameters, and the text fields beside `file`. */
  readonly fields: F;
  /** What the part `file` is. */
  readonly file: string;
  /** Bytes of the file at most. */
  readonly maxBytes: number;
  readonly output: O;
  readonly success: Readonly<Record<number, string>>;
  readonly errors: readonly ErrorCode[];
  readonly example: z.input<O>;
}

/** Declares an upload; only checks types. */
export function defineUpload<F extends z.ZodObject, O extends z.ZodType>(definition: UploadDefinition<F, O>) {
  return definition;
}
