/** What is served beside `/api/v1`: health, readiness, metrics. No envelope on these (contract section 2). */
import type { JsonSchema } from '../bridge/input-fields.ts';

const check = {
  type: 'object',
  properties: {
    ok: { type: 'boolean' },
    ms: { type: 'number', minimum: 0, description: 'Milliseconds that the check took' },
  },
  required: ['ok', 'ms'],
};

export const systemSchemas: Record<string, JsonSchema> = {
  ReadinessCheck: check,
  Health: { type: 'object', properties: { status: { const: 'ok' } }, required: ['status'] },
  Readiness: {
    type: 'object',
    properties: {
      ready: { type: 'boolean' },
      draining: { type: 'boolean', description: 'The program is stopping and takes no new work' },
      checks: {
        type: 'object',
        additionalProperties: { $ref: '#/components/schemas/ReadinessCheck' },
        description: 'Each dependency by name',
      },
    },
    required: ['ready', 'draining', 'checks'],
  },
};

function json(description: string, schema: string, value: unknown): JsonSchema {
  return {
    description,
    content: {
      'application/json': {
        schema: { $ref: `#/components/schemas/${schema}` },
        examples: { example: { value } },
      },
    },
  };
}

export const systemPaths: Record<string, JsonSchema> = {
  '/health': {
    get: {
      operationId: 'getHealth',
      tags: ['System'],
      summary: 'Whether the process lives',
      security: [],
      responses: { 200: json('It lives', 'Health', { status: 'ok' }) },
    },
  },
  '/ready': {
    get: {
      operationId: 'getReadiness',
      tags: ['System'],
      summary: 'Whether every dependency answers',
      security: [],
      responses: {
        200: json('Ready for work', 'Readiness', {
          ready: true,
          draining: false,
          checks: { postgresql: { ok: true, ms: 1.2 } },
        }),
        503: json('A dependency does not answer, or the program is stopping', 'Readiness', {
          ready: false,
          draining: false,
          checks: { postgresql: { ok: false, ms: 2000 } },
        }),
      },
    },
  },
  '/metrics': {
    get: {
      operationId: 'getMetrics',
      tags: ['System'],
      summary: 'Metrics in the text format of Prometheus',
      security: [],
      responses: {
        200: { description: 'The metrics', content: { 'text/plain': { schema: { type: 'string' } } } },
      },
    },
  },
};
