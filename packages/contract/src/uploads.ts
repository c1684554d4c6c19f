/** How an upload is declared: a `multipart/form-data` request with one file. REST alone has them; the document and the SDK know them from here. */
import type { z } from 'zod';
import type { ProcedureDefinition } from './define.ts';

/** As a procedure is declared, but for its body; `{name}` in `path` is a field of `fields`. */
export interface UploadDefinition<F extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType>
  extends Omit<ProcedureDefinition<z.ZodType, O>, 'kind' | 'input' | 'example'> {
  /** Path parameters, and the text fields beside `file`. */
  readonly fields: F;
  /** What the part `file` is. */
  readonly file: string;
  /** Bytes of the file at most. */
  readonly maxBytes: number;
  readonly example: z.input<O>;
}

/** Declares an upload; only checks types. */
export function defineUpload<F extends z.ZodObject, O extends z.ZodType>(definition: UploadDefinition<F, O>) {
  return definition;
}
