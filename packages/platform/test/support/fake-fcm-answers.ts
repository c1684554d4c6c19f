/** What FCM's HTTP v1 answers, as its documentation and its users' reports have it. */

export type FcmBehaviour =
  | 'sent'
  | 'unregistered'
  | 'invalid_token'
  | 'invalid_argument'
  | 'sender_id_mismatch'
  | 'third_party_auth'
  /** Our access token is not accepted. */
  | 'unauthenticated'
  /** Our account may not send. */
  | 'permission_denied'
  | 'internal'
  | 'unavailable'
  | 'quota'
  /** Too much to this one device. */
  | 'device_quota'
  /** 404 that says nothing of tokens: a wrong project or address. */
  | 'not_found'
  /** 502 with a proxy's page. */
  | 'bad_gateway'
  /** 200 with a page that is no JSON. */
  | 'invalid_json'
  /** Takes the request and never answers; nothing is pushed. */
  | 'hang'
  /** Pushes it, and never answers. */
  | 'lost'
  /** Ends the connection without an answer; nothing is pushed. */
  | 'reset'
  /** Begins an answer and ends the connection within it. */
  | 'cut'
  /** One of the answers above with a Retry-After: seconds, or a date. */
  | { as: 'quota' | 'device_quota' | 'unavailable'; retryAfter: number | string | Date };

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

const fcmError = (errorCode: string) => ({
  '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError',
  errorCode,
});
const quotaFailure = (subject: string, description: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ subject, description }],
});
const badRequest = (field: string, description: string) => ({
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations: [{ field, description }],
});

export function failed(code: number, status: string, message: string, ...details: object[]): Answer {
  return {
    status: code,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify({ error: { code, message, status, ...(details.length > 0 ? { details } : {}) } }),
  };
}

export const invalidArgument = (field: string, description: string): Answer =>
  failed(400, 'INVALID_ARGUMENT', description, fcmError('INVALID_ARGUMENT'), badRequest(field, description));

const page = (status: number, text: string): Answer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<!doctype html><title>${text}</title>`,
});

/** Those that are an answer. */
export const answers = {
  unregistered: failed(404, 'NOT_FOUND', 'Requested entity was not found.', fcmError('UNREGISTERED')),
  invalid_token: invalidArgument('message.token', 'Invalid registration token'),
  invalid_argument: invalidArgument('message.data[0].value', 'Invalid value "See you at the lake?"'),
  sender_id_mismatch: failed(403, 'PERMISSION_DENIED', 'SenderId mismatch', fcmError('SENDER_ID_MISMATCH')),
  third_party_auth: failed(
    401,
    'UNAUTHENTICATED',
    'Auth error from APNS or Web Push Service',
    fcmError('THIRD_PARTY_AUTH_ERROR'),
  ),
  unauthenticated: failed(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
  permission_denied: failed(403, 'PERMISSION_DENIED', 'Firebase Cloud Messaging API has not been used'),
  internal: failed(500, 'INTERNAL', 'Internal error encountered.', fcmError('INTERNAL')),
  unavailable: failed(503, 'UNAVAILABLE', 'The service is currently unavailable.', fcmError('UNAVAILABLE')),
  quota: failed(429, 'RESOURCE_EXHAUSTED', "Quota exceeded for quota metric 'Send requests'"),
  device_quota: failed(
    429,
    'RESOURCE_EXHAUSTED',
    'Resource has been exhausted (e.g. check quota).',
    fcmError('QUOTA_EXCEEDED'),
    quotaFailure('device', 'Device message rate exceeded'),
  ),
  not_found: failed(404, 'NOT_FOUND', 'Requested entity was not found.'),
  bad_gateway: page(502, 'Bad gateway'),
  invalid_json: page(200, 'Please sign in to this network'),
} satisfies Partial<Record<Extract<FcmBehaviour, string>, Answer>>;

const tokenRefusal = (status: number, error: string): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error, error_description: 'made up' }),
});

/** What Google's token server answers in place of a token. */
export const tokenAnswers = {
  invalid_grant: tokenRefusal(400, 'invalid_grant'),
  internal: tokenRefusal(500, 'internal_failure'),
};
