import {
  type ErrorCode,
  errorCatalogue,
  errorEnvelope,
  type HttpMethod,
  procedureEntries,
  successEnvelope,
  uploads,
} from '@parley/contract';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from '../src/bridge/input-fields.ts';
import { Components } from '../src/openapi/components.ts';
import { openApiDocument } from '../src/openapi/write.ts';
import { TestServer } from './support/http.ts';

interface Operation {
  operationId: string;
  tags: string[];
  security: object[];
  parameters?: { name: string; in: string; required: boolean; schema: JsonSchema; example?: unknown }[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; headers?: JsonSchema; content: Content }>;
}
type Content = Record<string, { schema: JsonSchema; examples?: Record<string, JsonSchema> }>;

const document = openApiDocument();
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation: operation as Operation })),
);

function walk(value: unknown, visit: (node: JsonSchema) => void): void {
  if (typeof value !== 'object' || value === null) return;
  visit(value as JsonSchema);
  for (const inner of Object.values(value)) walk(inner, visit);
}

function follow(ref: string): unknown {
  return ref
    .split('/')
    .slice(1)
    .reduce<unknown>((at, key) => (at as JsonSchema | undefined)?.[key], document);
}

function operationOf(method: HttpMethod, path: string): Operation {
  const item = document.paths[`/api/v1${path}`] as Record<string, Operation> | undefined;
  return item?.[method.toLowerCase()] as Operation;
}

describe('the document', () => {
  test('describes every route of the contract and no other', () => {
    const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(described).toEqual([
      ...new Set([...described.filter((one) => one.includes('/api/v1'))]),
      'GET /health',
      'GET /ready',
      'GET /metrics',
    ]);
    const declared = [...procedureEntries().map(({ definition }) => definition), ...Object.values(uploads)];
    expect(described.filter((one) => one.includes('/api/v1')).sort()).toEqual(
      [
        ...declared.map(({ method, path }) => `${method} /api/v1${path}`),
        'GET /api/v1/media/{id}/download',
      ].sort(),
    );
  });

  test('resolves every reference it makes, and uses every schema it names', () => {
    const refs = new Set<string>();
    walk(document, (node) => {
      if (typeof node.$ref === 'string') refs.add(node.$ref);
      const { mapping } = (node.discriminator ?? {}) as { mapping?: Record<string, string> };
      for (const ref of Object.values(mapping ?? {})) refs.add(ref);
    });
    for (const ref of refs) expect(follow(ref), ref).toBeDefined();
    for (const name of Object.keys(document.components.schemas)) {
      expect(refs, name).toContain(`#/components/schemas/${name}`);
    }
  });

  test('names operations uniquely, in camelCase, under tags that it explains', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = (document.tags as { name: string; description: string }[]).map((tag) => tag.name);
    for (const { operation } of operations) {
      expect(operation.operationId).toMatch(/^[a-z][a-zA-Z]+$/);
      for (const tag of operation.tags) expect(tags).toContain(tag);
    }
  });

  test('declares the path parameters that a path has, and gives each operation its answers', () => {
    for (const { path, operation } of operations) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      for (const parameter of inPath) expect(parameter.required).toBe(true);
      expect(Object.keys(operation.responses).some((status) => /^[23]/.test(status))).toBe(true);
      for (const { description } of Object.values(operation.responses)) expect(description).not.toBe('');
    }
  });

  test('is the same each time it is made', () => {
    expect(JSON.stringify(openApiDocument())).toBe(JSON.stringify(document));
  });

  test('says that it is OpenAPI 3.1, of which version, and where', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Parley', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
      servers: [{ url: '/' }],
      components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer' } } },
    });
  });
});

describe.each(procedureEntries())('$path', ({ definition }) => {
  const operation = operationOf(definition.method, definition.path);

  test('needs the token exactly where the contract says so', () => {
    expect(operation.security).toEqual(definition.access === 'anyone' ? [] : [{ bearerAuth: [] }]);
    expect('401' in operation.responses).toBe(
      definition.access !== 'anyone' ||
        definition.errors.some((code: ErrorCode) => errorCatalogue[code].http === 401),
    );
  });

  test('answers with an envelope of its own name, and shows one that holds', () => {
    for (const status of Object.keys(definition.success)) {
      const answer = operation.responses[status];
      const media = answer?.content['application/json'];
      expect(media?.schema.$ref).toMatch(/^#\/components\/schemas\/[A-Z]\w+Response$/);
      expect(answer?.headers).toHaveProperty('X-Request-Id');
      const example = media?.examples?.example?.value;
      expect(successEnvelope(definition.output).safeParse(example).error).toBeUndefined();
    }
  });

  test('lists its own errors and the common ones, each under its status', () => {
    const listed = Object.values(operation.responses).flatMap(({ content }) =>
      Object.keys(content['application/json']?.examples ?? {}).filter((key) => key !== 'example'),
    );
    for (const code of [...definition.errors, 'BAD_REQUEST', 'TOO_MANY_REQUESTS', 'INTERNAL_ERROR']) {
      expect(listed).toContain(code);
    }
    for (const code of listed as ErrorCode[]) {
      const answer = operation.responses[errorCatalogue[code].http];
      expect(answer?.description).toContain(code);
      expect(answer?.content['application/json']?.schema.$ref).toBe('#/components/schemas/ErrorResponse');
    }
    expect(operation.responses['429']?.headers).toHaveProperty('Retry-After');
  });

  test('shows a request that its schema accepts', () => {
    const parameters = (operation.parameters ?? []).flatMap(({ name, example }) =>
      example === undefined ? [] : [[name, example]],
    );
    const body = operation.requestBody?.content['application/json']?.examples?.example?.value ?? {};
    const input = { ...(body as object), ...Object.fromEntries(parameters) };
    expect(definition.input.safeParse(input).error).toBeUndefined();
    expect(input).toEqual(definition.example.input);
  });

  test('asks for no field twice', () => {
    const names = (operation.parameters ?? []).map(({ name }) => name);
    const fields: string[] = [];
    walk(operation.requestBody, (node) => {
      const schema = (typeof node.$ref === 'string' ? follow(node.$ref) : node) as JsonSchema;
      fields.push(...Object.keys((schema.properties as object) ?? {}));
    });
    for (const name of names) expect(fields).not.toContain(name);
  });
});

test('every error example is an envelope of the contract', () => {
  const examples = document.components.examples as Record<string, { value: unknown }>;
  expect(Object.keys(examples)).toEqual(Object.keys(errorCatalogue));
  for (const { value } of Object.values(examples)) {
    expect(errorEnvelope.safeParse(value).error).toBeUndefined();
  }
});

test('the same document is served', async () => {
  await using server = await TestServer.start();
  const answer = await server.call('GET', '/openapi.json', {
    headers: { origin: 'https://elsewhere.example' },
  });
  expect(answer.headers['content-type']).toMatch('application/json');
  expect(answer.headers['access-control-allow-origin']).toBe('*');
  expect(JSON.parse(answer.text)).toEqual(JSON.parse(JSON.stringify(document)));
  expect(server.api.openApi).toEqual(document);
});

test('a schema that differs between request and answer becomes two components', () => {
  const components = new Components();
  const inner = z.object({ flag: z.boolean().default(false) }).meta({ id: 'TestInner' });
  const outer = z.object({ inner }).meta({ id: 'TestOuter' });
  expect(components.convert(outer, 'output')).toEqual({ $ref: '#/components/schemas/TestOuter' });
  expect(components.convert(outer, 'input')).toEqual({ $ref: '#/components/schemas/TestOuterInput' });
  expect(components.schemas.TestInner).toMatchObject({ required: ['flag'] });
  expect(components.schemas.TestInnerInput).not.toHaveProperty('required');
  expect(components.schemas.TestOuterInput).toMatchObject({
    properties: { inner: { $ref: '#/components/schemas/TestInnerInput' } },
  });
});
