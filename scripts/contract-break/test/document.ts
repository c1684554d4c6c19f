/** A small document with one of everything, and what breaks when it is changed; for apps/api/test/openapi-breaks.test.ts. */
import { findBreaks, lineOf } from '../operations.ts';
import type { Schema } from '../shape.ts';

const person = {
  type: 'object',
  properties: {
    id: { type: 'string', format: 'uuid' },
    role: { type: 'string', enum: ['admin', 'member'] },
    seen: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
    age: { type: 'integer' },
  },
  required: ['id', 'role', 'seen'],
};
export const variant = (type: string, field: string, maxLength = 10) => ({
  type: 'object',
  properties: { type: { const: type }, [field]: { type: 'string', maxLength } },
  required: ['type', field],
});
const base = {
  paths: {
    '/people/{id}': {
      get: {
        security: [],
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'limit', in: 'query', required: false, schema: { type: 'integer', maximum: 100 } },
        ],
        responses: {
          200: {
            headers: { 'X-Id': {} },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } },
          },
          404: {},
        },
      },
      post: {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Sent' } } },
        },
        responses: {
          201: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Sent' } } } },
        },
      },
    },
  },
  components: {
    schemas: { Person: person, Sent: { oneOf: [variant('text', 'body'), variant('image', 'media')] } },
  },
};
export type Base = typeof base;

/** What breaks when the document is changed like this. */
export function breaksOf(change: (document: Base) => void): string[] {
  const present = structuredClone(base);
  change(present);
  return findBreaks(base as Schema, present as Schema).map(lineOf);
}
export const properties = (document: Base) =>
  document.components.schemas.Person.properties as Record<string, Schema>;
export const roles = (document: Base) => document.components.schemas.Person.properties.role.enum;
export const operations = (document: Base) =>
  document.paths['/people/{id}'] as unknown as Record<'get' | 'post', Schema>;
export const variants = (document: Base) => document.components.schemas.Sent.oneOf as unknown as Schema[];
