/** Query strings into input: each value as the type that its field has, or left as text for the schema to refuse. */
import type { z } from 'zod';
import { inputFields, type JsonSchema, typesOf } from './input-fields.ts';

/** Reads the part after `?`. Unknown names are ignored; of a repeated one the first counts, save where a list is meant. */
export type QueryReader = (search: string) => Record<string, unknown>;

type Coerce = (values: string[]) => unknown;

const number = /^-?\d+(\.\d+)?$/;

/** Makes the reader for an input's fields less those that are in the path. */
export function createQueryReader(input: z.ZodType, pathParams: readonly string[]): QueryReader {
  const fields = [...inputFields(input)]
    .filter(([name]) => !pathParams.includes(name))
    .map(([name, schema]) => [name, coercion(schema)] as const);
  return (search) => {
    const result: Record<string, unknown> = {};
    if (search === '' || fields.length === 0) return result;
    const query = new URLSearchParams(search);
    for (const [name, coerce] of fields) {
      const values = query.getAll(name);
      if (values.length > 0) result[name] = coerce(values);
    }
    return result;
  };
}

function coercion(schema: JsonSchema): Coerce {
  const types = typesOf(schema);
  if (types.includes('array')) {
    const items = coercion((schema.items ?? {}) as JsonSchema);
    return (values) => values.map((value) => items([value]));
  }
  if (types.includes('string')) return ([value]) => value;
  if (types.includes('integer') || types.includes('number')) {
    return ([value = '']) => (number.test(value) ? Number(value) : value);
  }
  if (types.includes('boolean')) {
    return ([value]) => (value === 'true' ? true : value === 'false' ? false : value);
  }
  return ([value]) => value;
}
