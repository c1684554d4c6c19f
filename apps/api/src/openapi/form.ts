/** The request of an upload: a form with one file. */
import { pathParameters, type UploadDefinition } from '@parley/contract';
import type { JsonSchema } from '../bridge/input-fields.ts';
import type { Components } from './components.ts';
import { parameter } from './input.ts';

/** Generators of clients make a part with a file of this, though JSON Schema knows no such format. */
const binary = { type: 'string', format: 'binary' };

/** `parameters` and `requestBody` of an upload. Fields stand before the file, which is how clients should send them. */
export function describeForm(components: Components, definition: UploadDefinition): JsonSchema {
  const inPath = pathParameters(definition.path);
  const { properties } = components.convert(definition.fields, 'input') as {
    properties: Record<string, JsonSchema>;
  };
  const parameters = inPath.map((name) => parameter(name, 'path', true, properties[name] ?? {}, {}));
  const fields = Object.entries(properties).filter(([name]) => !inPath.includes(name));
  const file = { ...binary, description: definition.file };
  const schema = {
    type: 'object',
    properties: { ...Object.fromEntries(fields), file },
    required: [...fields.map(([name]) => name), 'file'],
  };
  const encoding = Object.fromEntries([
    ...fields.map(([name]) => [name, { contentType: 'text/plain' }]),
    ['file', { contentType: 'application/octet-stream' }],
  ]);
  return {
    ...(parameters.length > 0 ? { parameters } : {}),
    requestBody: { required: true, content: { 'multipart/form-data': { schema, encoding } } },
  };
}
