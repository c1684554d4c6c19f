/** Answers of an operation: the envelope around its data, and every error it can give, by status. */
import {
  type ErrorCode,
  errorCatalogue,
  errorEnvelope,
  type ProcedureDefinition,
  successEnvelope,
} from '@parley/contract';
import { z } from 'zod';
import { inputFields, type JsonSchema } from '../bridge/input-fields.ts';
import { takesBody } from '../bridge/routes.ts';
import { type Components, refName } from './components.ts';

const sampleMeta = {
  request_id: '5f0c8d8e-6a56-4a9d-9a64-2f6d3c1e7b90',
  timestamp: '2026-03-01T09:21:07.120Z',
};

const requestIdHeader = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };
const retryAfterHeader = { 'Retry-After': { $ref: '#/components/headers/Retry-After' } };

/** The headers that the responses refer to. */
export const headerComponents = {
  'X-Request-Id': {
    description: "The request's id, as in `meta.request_id`: the client's own where it sent a sane one",
    required: true,
    schema: { type: 'string', pattern: '^[A-Za-z0-9._:-]{8,128}$' },
  },
  'Retry-After': {
    description: 'Seconds after which trying again makes sense',
    required: true,
    schema: { type: 'integer', minimum: 1 },
  },
};

/** Errors of the procedure itself, and those that come from how it is called. */
export function errorCodesOf(definition: ProcedureDefinition): ErrorCode[] {
  const takesInput = inputFields(definition.input).size > 0;
  return withCommon(definition, [
    ...(takesBody(definition) ? (['PAYLOAD_TOO_LARGE'] satisfies ErrorCode[]) : []),
    ...(takesInput ? (['VALIDATION_ERROR'] satisfies ErrorCode[]) : []),
  ]);
}

/** Errors of an operation, those of its own kind, and those that every one can answer, in the order of the catalogue. */
export function withCommon(
  { access, errors }: Pick<ProcedureDefinition, 'access' | 'errors'>,
  ofKind: readonly ErrorCode[],
): ErrorCode[] {
  const codes: ErrorCode[] = [
    'BAD_REQUEST',
    ...(access === 'anyone'
      ? []
      : (['UNAUTHORIZED', 'TOKEN_EXPIRED', 'TOKEN_INVALID'] satisfies ErrorCode[])),
    ...ofKind,
    'TOO_MANY_REQUESTS',
    'INTERNAL_ERROR',
    'SERVICE_UNAVAILABLE',
    ...errors,
  ];
  const inOrder = Object.keys(errorCatalogue) as ErrorCode[];
  return inOrder.filter((code) => codes.includes(code));
}

/** One example per code of the catalogue, which the responses refer to. */
export const errorExamples: JsonSchema = Object.fromEntries(
  Object.entries(errorCatalogue).map(([code, { message }]) => {
    const error = { code, message, details: detailsOf(code) };
    return [code, { summary: message, value: { success: false, data: null, error, meta: sampleMeta } }];
  }),
);

type Answered = Pick<ProcedureDefinition, 'operationId' | 'output' | 'success'>;

/** `responses` of an operation that answers with data. */
export function describeResponses(
  components: Components,
  definition: Answered,
  data: unknown,
  codes: readonly ErrorCode[],
): JsonSchema {
  const schema = envelopeRef(components, definition);
  const value = { success: true, data, error: null, meta: sampleMeta };
  const responses: JsonSchema = {};
  for (const [status, description] of Object.entries(definition.success)) {
    responses[status] = {
      description,
      headers: requestIdHeader,
      content: { 'application/json': { schema, examples: { example: { value } } } },
    };
  }
  return { ...responses, ...describeErrors(components, codes) };
}

/** `302` of an operation that answers with an address. */
export function describeRedirect(components: Components, codes: readonly ErrorCode[]): JsonSchema {
  const location = {
    description: 'Where the file is; it may be a path on this server',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
  };
  return {
    302: { description: 'The address of the file', headers: { Location: location, ...requestIdHeader } },
    ...describeErrors(components, codes),
  };
}

function describeErrors(components: Components, all: readonly ErrorCode[]): JsonSchema {
  const responses: JsonSchema = {};
  const byStatus = Map.groupBy(all, (code) => errorCatalogue[code].http);
  for (const [status, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    responses[status] = errorResponse(components, status, codes);
  }
  return responses;
}

/** The envelope of the operation's data, named after it: `OwnProfile` is answered as `OwnProfileResponse`. */
function envelopeRef(components: Components, definition: Answered): JsonSchema {
  const { operationId, output } = definition;
  const data = components.convert(output, 'output');
  const base = refName(data) ?? operationId[0]?.toUpperCase() + operationId.slice(1);
  return components.add(`${base.replace(/Result$/, '')}Response`, () => {
    const envelope = components.convert(successEnvelope(z.unknown()), 'output');
    const properties = { ...(envelope.properties as JsonSchema), data };
    return { ...envelope, properties };
  });
}

function errorResponse(components: Components, status: number, codes: readonly ErrorCode[]): JsonSchema {
  const lines = codes.map((code) => `- \`${code}\`: ${errorCatalogue[code].message}`);
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]);
  return {
    description: lines.join('\n'),
    headers: { ...requestIdHeader, ...(status === 429 ? retryAfterHeader : {}) },
    content: {
      'application/json': {
        schema: components.convert(errorEnvelope, 'output'),
        examples: Object.fromEntries(examples),
      },
    },
  };
}

function detailsOf(code: string) {
  return code === 'VALIDATION_ERROR'
    ? [{ path: 'phone', message: 'must be a phone number in E.164 form, like +491511234567' }]
    : [];
}
