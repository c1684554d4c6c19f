/** What the document says of files: forms and a redirect. */
import { errorCatalogue, successEnvelope, type UploadDefinition, uploads } from '@parley/contract';
import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../src/openapi/write.ts';

interface Operation {
  security: object[];
  tags: string[];
  parameters?: { name: string; in: string; schema: object }[];
  requestBody: { required: boolean; content: Record<string, { schema: FormSchema; encoding: object }> };
  responses: Record<
    string,
    { headers: object; content: Record<string, { schema: { $ref: string }; examples: Examples }> }
  >;
}
interface FormSchema {
  type: string;
  properties: Record<string, object>;
  required: string[];
}
type Examples = Record<string, { value?: unknown }>;

const { paths } = openApiDocument();
const operationOf = (method: string, path: string) =>
  (paths[`/api/v1${path}`] as Record<string, Operation>)[method.toLowerCase()] as Operation;

describe.each(Object.entries<UploadDefinition>(uploads))('the upload %s', (_name, definition) => {
  const operation = operationOf(definition.method, definition.path);

  test('is a form with a file, which generators of clients understand', () => {
    expect(Object.keys(operation.requestBody.content)).toEqual(['multipart/form-data']);
    expect(operation.requestBody.required).toBe(true);
    const form = operation.requestBody.content['multipart/form-data'];
    const inPath = (operation.parameters ?? []).map(({ name }) => name);
    const fields = Object.keys(definition.fields.shape).filter((name) => !inPath.includes(name));
    expect(form?.schema.type).toBe('object');
    expect(Object.keys(form?.schema.properties ?? {})).toEqual([...fields, 'file']);
    expect(form?.schema.required).toEqual([...fields, 'file']);
    expect(form?.schema.properties.file).toMatchObject({ type: 'string', format: 'binary' });
    expect(Object.keys(form?.encoding ?? {})).toEqual([...fields, 'file']);
    for (const { schema } of operation.parameters ?? []) {
      expect(schema).toEqual({ type: 'string', format: 'uuid' });
    }
  });

  test('answers with the envelope of its data, and shows one that holds', () => {
    for (const status of Object.keys(definition.success)) {
      const answer = operation.responses[status]?.content['application/json'];
      expect(answer?.schema.$ref).toMatch(/^#\/components\/schemas\/[A-Z]\w+Response$/);
      const example = answer?.examples.example?.value;
      expect(successEnvelope(definition.output).safeParse(example).error).toBeUndefined();
    }
  });

  test('needs the token, and lists its errors under their statuses', () => {
    expect(operation.security).toEqual([{ bearerAuth: [] }]);
    expect(operation.tags).toEqual([definition.tag]);
    const common = ['BAD_REQUEST', 'UNAUTHORIZED', 'VALIDATION_ERROR', 'TOO_MANY_REQUESTS'] as const;
    for (const code of [...definition.errors, ...common]) {
      const answer = operation.responses[errorCatalogue[code].http];
      expect(Object.keys(answer?.content['application/json']?.examples ?? {}), code).toContain(code);
    }
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['413', '415']));
    expect(operation.responses['429']?.headers).toHaveProperty('Retry-After');
  });
});

test('a download is a redirect, for who is signed in', () => {
  const operation = operationOf('GET', '/media/{id}/download');
  expect(Object.keys(operation.responses)).toEqual(['302', '400', '401', '404', '429', '500', '503']);
  expect(Object.keys(operation.responses['302']?.headers ?? {})).toEqual(['Location', 'X-Request-Id']);
  expect(operation.security).toEqual([{ bearerAuth: [] }]);
});
