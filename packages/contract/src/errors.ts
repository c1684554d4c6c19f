/**
 * The error catalogue: every error a client can meet, with its mapping to each wire.
 * Contract sections 1 (HTTP) and 4 (`error` events). The `satisfies` below makes the mapping exhaustive.
 */

/** Numeric codes of the real-time `error` event (contract section 4). */
export type SocketErrorCode = 4001 | 4003 | 4004 | 4022 | 4029 | 5000;

interface CatalogueEntry {
  /** HTTP status of the REST answer. */
  readonly http: number;
  /** `code` of the real-time `error` event. */
  readonly socket: SocketErrorCode;
  /** What a person reads when the thrower says nothing more precise. */
  readonly message: string;
}

export const errorCatalogue = {
  BAD_REQUEST: { http: 400, socket: 4022, message: 'The request cannot be read' },
  UNAUTHORIZED: { http: 401, socket: 4001, message: 'Sign in first' },
  TOKEN_EXPIRED: { http: 401, socket: 4001, message: 'The token has expired' },
  TOKEN_INVALID: { http: 401, socket: 4001, message: 'The token is not valid' },
  OTP_INVALID: { http: 401, socket: 4001, message: 'The code is wrong' },
  OTP_EXPIRED: { http: 401, socket: 4001, message: 'No code is pending for this phone: request a new one' },
  FORBIDDEN: { http: 403, socket: 4003, message: 'You may not do this' },
  NOT_CHAT_MEMBER: { http: 403, socket: 4003, message: 'You are not a member of this chat' },
  NOT_ADMIN: { http: 403, socket: 4003, message: 'Only an admin of this chat may do this' },
  USER_BLOCKED: { http: 403, socket: 4003, message: 'You cannot message this user' },
  NOT_FOUND: { http: 404, socket: 4004, message: 'There is no such thing' },
  CHAT_NOT_FOUND: { http: 404, socket: 4004, message: 'There is no such chat' },
  CONFLICT: { http: 409, socket: 4022, message: 'This conflicts with what is stored' },
  ALREADY_MEMBER: { http: 409, socket: 4022, message: 'Already a member of this chat' },
  LAST_ADMIN: { http: 409, socket: 4022, message: 'A group needs an admin: promote another member first' },
  MEDIA_TOO_LARGE: { http: 413, socket: 4022, message: 'The file is too large' },
  PAYLOAD_TOO_LARGE: { http: 413, socket: 4022, message: 'The request body is too large' },
  MEDIA_INVALID_TYPE: { http: 415, socket: 4022, message: 'This kind of file is not accepted' },
  VALIDATION_ERROR: { http: 422, socket: 4022, message: 'Some fields are not valid' },
  TOO_MANY_REQUESTS: { http: 429, socket: 4029, message: 'Too many requests: try again later' },
  OTP_MAX_ATTEMPTS: {
    http: 429,
    socket: 4029,
    message: 'Too many wrong codes: this phone is locked for a while',
  },
  INTERNAL_ERROR: { http: 500, socket: 5000, message: 'Something went wrong on our side' },
  SERVICE_UNAVAILABLE: { http: 503, socket: 5000, message: 'A needed service is down: try again' },
} as const satisfies Record<string, CatalogueEntry>;

/** A code of the catalogue, e.g. `CHAT_NOT_FOUND`. */
export type ErrorCode = keyof typeof errorCatalogue;

export const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]];

/** One broken field of a `VALIDATION_ERROR`: `path` is dotted, e.g. `payload.body`. */
export interface ErrorDetail {
  path: string;
  message: string;
}

/** WebSocket close codes that Parley uses (contract section 4). */
export const closeCodes = {
  /** Authentication failed, the token ran out, or the session was logged out. */
  unauthorized: 4001,
  /** A frame was over 64 KB (RFC 6455 section 7.4.1). */
  tooBig: 1009,
  /** Something failed on our side, such as the check of a token while a store is down (RFC 6455 section 7.4.1). */
  internal: 1011,
  /** The instance is going away for a restart: reconnect. */
  restart: 1012,
  /** The client reads too slowly: reconnect and fetch what is missing. */
  slowReader: 1013,
  /** Nothing was heard for 60 s. */
  idle: 4000,
} as const;
