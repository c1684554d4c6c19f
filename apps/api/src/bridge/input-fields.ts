/** What the registry's schemas say of the fields of an input, as JSON Schema has it. */
import { z } from 'zod';

export type JsonSchema = { [keyword: string]: unknown };

/**
 * The fields of an input object with their schemas; of a union, the fields of all its variants. References are followed.
 */
export function inputFields(input: z.ZodType): Map<string, JsonSchema> {
  const root = z.toJSONSchema(input, { io: 'input' }) as JsonSchema;
  const definitions = (root.$defs ?? {}) as Record<string, JsonSchema>;
  const fields = new Map<string, JsonSchema>();
  const resolve = (schema: JsonSchema): JsonSchema => {
    const name = typeof schema.$ref === 'string' ? schema.$ref.replace('#/$defs/', '') : undefined;
    return name === undefined ? schema : resolve(definitions[name] ?? {});
  };
  const collect = (given: JsonSchema): void => {
    const schema = resolve(given);
    for (const [name, field] of Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)) {
      if (!fields.has(name)) fields.set(name, resolve(field));
    }
    for (const variant of (schema.oneOf ?? schema.anyOf ?? []) as JsonSchema[]) collect(variant);
  };
  collect(root);
  return fields;
}

/** The JSON types a field takes, e.g. `['integer', 'null']`. */
export function typesOf(schema: JsonSchema): string[] {
  if (schema.type !== undefined) return [schema.type].flat() as string[];
  return ((schema.anyOf ?? schema.oneOf ?? []) as JsonSchema[]).flatMap(typesOf);
}
