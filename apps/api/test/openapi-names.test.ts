/** Names of what generators of clients make types of: nothing that becomes one is without a name. */
import { describe, expect, test } from 'vitest';
import type { JsonSchema } from '../src/bridge/input-fields.ts';
import { extractNamed } from '../src/openapi/names.ts';
import { openApiDocument } from '../src/openapi/write.ts';

const document = openApiDocument();
const schemas = document.components.schemas as Record<string, JsonSchema>;

/** The fields of Message. */
const { properties: fields } = schemas.Message as { properties: Record<string, JsonSchema> };

/** Every schema below `value`, with where it stands. */
function walk(value: unknown, at: string, visit: (node: JsonSchema, at: string) => void): void {
  if (typeof value !== 'object' || value === null) return;
  visit(value as JsonSchema, at);
  for (const [key, inner] of Object.entries(value)) walk(inner, `${at}/${key}`, visit);
}

describe('the document', () => {
  test('names every enum of texts, and has each of them once', () => {
    const unnamed: string[] = [];
    for (const [name, schema] of Object.entries(schemas)) {
      if (Array.isArray(schema.enum)) continue;
      walk(
        schema,
        name,
        (node, at) => Array.isArray(node.enum) && node.type === 'string' && unnamed.push(at),
      );
    }
    walk(document.paths, 'paths', (node, at) => Array.isArray(node.enum) && unnamed.push(at));
    expect(unnamed).toEqual([]);
    const values = Object.values(schemas).flatMap((schema) => (schema.enum ? [String(schema.enum)] : []));
    expect(new Set(values).size).toBe(values.length);
    expect(schemas.MessageStatus).toEqual({ type: 'string', enum: ['sent', 'delivered', 'read'] });
  });

  test('names every object but the forms of uploads', () => {
    const unnamed: string[] = [];
    for (const [name, { properties }] of Object.entries(schemas)) {
      walk(properties, name, (node, at) => node.type === 'object' && node.properties && unnamed.push(at));
    }
    walk(document.paths, 'paths', (node, at) => {
      if (node.type === 'object' && node.properties && !at.includes('multipart')) unnamed.push(at);
    });
    expect(unnamed).toEqual([]);
  });

  test('keeps what a place says of its own beside the reference', () => {
    expect(fields.status).toEqual({
      $ref: '#/components/schemas/MessageStatus',
      description: expect.stringContaining('least far'),
    });
    const { parameters } = (document.paths['/api/v1/messages/{id}'] as Record<string, JsonSchema>).delete as {
      parameters: JsonSchema[];
    };
    expect(parameters[1]?.schema).toEqual({ $ref: '#/components/schemas/DeleteFor', default: 'me' });
  });

  test('says of counters that they may need 64 bits, and asks for no body where there is nothing to say', () => {
    expect(fields.seq).toMatchObject({ type: 'integer', format: 'int64', minimum: 0 });
    expect(JSON.stringify(schemas)).not.toContain('9007199254740991');
    const { post } = document.paths['/api/v1/messages/{id}/star'] as { post: JsonSchema };
    expect(post).not.toHaveProperty('requestBody');
  });
});

test('a choice of numbers is an enum without a name, as every place has its own', () => {
  const definitions = {};
  const given = {
    anyOf: [
      { type: 'number', const: 0 },
      { type: 'number', const: 86_400 },
    ],
    description: 'x',
  };
  expect(extractNamed(given, definitions)).toEqual({ type: 'integer', enum: [0, 86_400], description: 'x' });
  expect(extractNamed({ anyOf: [{ const: 1 }, { type: 'null' }] }, definitions)).toHaveProperty('anyOf');
  expect(definitions).toEqual({});
});
