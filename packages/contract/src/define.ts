/** How a procedure is declared: once, for REST, tRPC, OpenAPI and the SDK alike. */
import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/**
 * Who may call a procedure. `anyone` needs no token; all others need one, and core's access functions decide the
 * rest: `self` touches only the caller's own things, `signed_in` any signed-in user (privacy applies to what is
 * shown), `chat_member` needs membership of the chat (of the message), `chat_admin` to be an admin of it, `message_sender` to have sent
 * the message, `media_reader` to have uploaded the file or to see a message that carries it.
 */
export type Access =
  | 'anyone'
  | 'self'
  | 'signed_in'
  | 'chat_member'
  | 'chat_admin'
  | 'message_sender'
  | 'media_reader';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ProcedureDefinition<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** tRPC kind: a query changes nothing. */
  readonly kind: 'query' | 'mutation';
  readonly method: HttpMethod;
  /** Below `/api/v1`; `{name}` is a path parameter and a field of `input`. */
  readonly path: string;
  /** A generator of clients makes the method's name of it. */
  readonly operationId: string;
  readonly tag: 'Auth' | 'Users' | 'Chats' | 'Messages' | 'Media' | 'Sync';
  readonly access: Access;
  readonly summary: string;
  readonly description: string;
  /** Path parameters, and the query (GET, DELETE) or the body (all others), in one object. */
  readonly input: I;
  readonly output: O;
  /** Success statuses and what each means. */
  readonly success: Readonly<Record<number, string>>;
  /** Errors of its own; those that every procedure can answer are added by the document. */
  readonly errors: readonly ErrorCode[];
  /** Bytes of the request's body at most; `limits.jsonBody` unless said otherwise. */
  readonly maxBytes?: number;
  readonly example: { readonly input: z.input<I>; readonly output: z.input<O> };
}

/** Declares a procedure; only checks types. */
export function define<I extends z.ZodType, O extends z.ZodType>(definition: ProcedureDefinition<I, O>) {
  return definition;
}

/** Names of the path parameters, e.g. `['chat_id']` of `/chats/{chat_id}/messages`. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
}
