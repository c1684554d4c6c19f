/** The parts of FCM's answers, which are Google's usual error bodies: `{ error: { status, message, details: [{ '@type', … }] } }`. */

export interface Reply {
  status: number;
  headers: Record<string, unknown>;
  /** Parsed where it is JSON, text otherwise. */
  data: unknown;
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);

/** The answer that an error of firebase-admin carries, if it is about one. */
export function httpResponseOf(error: unknown): Reply | null {
  const reply = isFields(error) ? error.httpResponse : undefined;
  if (!isFields(reply) || typeof reply.status !== 'number') return null;
  return { status: reply.status, headers: isFields(reply.headers) ? reply.headers : {}, data: reply.data };
}

/** The `error` of the body; empty where there is none. */
export function errorBody({ data }: Reply): Fields {
  return isFields(data) && isFields(data.error) ? data.error : {};
}

/** The entries of a list within all details of a type. */
export function detailsOf(reply: Reply, type: string, list: string): Fields[] {
  return typed(reply, type).flatMap((detail) => listOf(detail[list]));
}

/** FCM's code, or else Google's general one; null where the body has neither. */
export function fcmCode(reply: Reply): string | null {
  const own = typed(reply, 'google.firebase.fcm.v1.FcmError')[0]?.errorCode;
  const code = own ?? errorBody(reply).status;
  return typeof code === 'string' ? code : null;
}

function typed(reply: Reply, type: string): Fields[] {
  const wanted = `type.googleapis.com/${type}`;
  return listOf(errorBody(reply).details).filter((detail) => detail['@type'] === wanted);
}
