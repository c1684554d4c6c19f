/** Where a procedure's input stands in a REST request: path, query or body. */
import { type ProcedureDefinition, pathParameters } from '@parley/contract';
import type { JsonSchema } from '../bridge/input-fields.ts';
import { takesBody } from '../bridge/routes.ts';
import { type Components, schemaRef } from './components.ts';

type Fields = Record<string, JsonSchema>;

type Asked = Pick<ProcedureDefinition, 'path' | 'method' | 'input'> & { example: { input: unknown } };

/** `parameters` and `requestBody` of an operation. */
export function describeInput(components: Components, definition: Asked): JsonSchema {
  const inPath = pathParameters(definition.path);
  const schema = components.convert(definition.input, 'input');
  const example = definition.example.input as Record<string, unknown>;
  const fields = allFields(components, schema);
  const parameters = inPath.map((name) => parameter(name, 'path', true, fields[name] ?? {}, example));
  if (!takesBody(definition)) {
    const { required = [] } = components.resolve(schema) as { required?: string[] };
    for (const [name, field] of Object.entries(fields)) {
      if (!inPath.includes(name)) {
        parameters.push(parameter(name, 'query', required.includes(name), field, example));
      }
    }
    return parameters.length > 0 ? { parameters } : {};
  }
  const body = withoutFields(components, schema, inPath);
  const described = parameters.length > 0 ? { parameters } : {};
  if (isEmpty(components.resolve(body))) return described;
  const value = Object.fromEntries(Object.entries(example).filter(([name]) => !inPath.includes(name)));
  return {
    ...described,
    requestBody: {
      required: isRequired(components, body),
      content: { 'application/json': { schema: body, examples: { example: { value } } } },
    },
  };
}

/** Whether there is nothing to send: then nothing need be sent. */
function isEmpty({ properties = {}, oneOf = [], anyOf = [] }: JsonSchema): boolean {
  return [properties, oneOf, anyOf].every((part) => Object.keys(part as object).length === 0);
}

/** Whether an empty body, which reads as `{}`, would be refused. */
function isRequired(components: Components, body: JsonSchema): boolean {
  const schema = components.resolve(body) as { required?: string[]; oneOf?: JsonSchema[] };
  return (schema.required ?? []).length > 0 || (schema.oneOf ?? []).length > 0;
}

function variantsOf(schema: JsonSchema): JsonSchema[] {
  return (schema.oneOf ?? schema.anyOf ?? []) as JsonSchema[];
}

function allFields(components: Components, given: JsonSchema): Fields {
  const schema = components.resolve(given);
  const own = (schema.properties ?? {}) as Fields;
  return Object.assign({}, ...variantsOf(schema).map((variant) => allFields(components, variant)), own);
}

/** A parameter, with its example where there is one. */
export function parameter(
  name: string,
  where: 'path' | 'query',
  required: boolean,
  field: JsonSchema,
  example: Record<string, unknown>,
): JsonSchema {
  const { description, ...schema } = field;
  return {
    name,
    in: where,
    required,
    ...(description === undefined ? {} : { description }),
    schema,
    ...(name in example ? { example: example[name] } : {}),
  };
}

/** The schema without the fields that stand in the path; a named one is changed in place, as it belongs to its route. */
function withoutFields(components: Components, given: JsonSchema, names: readonly string[]): JsonSchema {
  if (names.length === 0) return given;
  const name = typeof given.$ref === 'string' ? given.$ref.split('/').at(-1) : undefined;
  const schema = components.resolve(given);
  const { properties, required, oneOf, ...rest } = schema as {
    properties?: Fields;
    required?: string[];
    oneOf?: JsonSchema[];
  };
  const result: JsonSchema = {
    ...rest,
    ...(oneOf ? { oneOf: oneOf.map((variant) => withoutFields(components, variant, names)) } : {}),
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).filter(([key]) => !names.includes(key))) }
      : {}),
    ...(required ? { required: required.filter((key) => !names.includes(key)) } : {}),
  };
  if (name === undefined) return result;
  components.schemas[name] = result;
  return schemaRef(name);
}
