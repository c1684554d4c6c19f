/** Named schemas of the document, collected while it is made. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { JsonSchema } from '../bridge/input-fields.ts';
import { extractNamed, markNamed } from './names.ts';

const prefix = '#/components/schemas/';

/** Points to a named schema. */
export function schemaRef(name: string): JsonSchema {
  return { $ref: prefix + name };
}

/** The name that a reference points to. */
export function refName(schema: JsonSchema): string | undefined {
  return typeof schema.$ref === 'string' ? schema.$ref.slice(prefix.length) : undefined;
}

export class Components {
  readonly schemas: Record<string, JsonSchema> = {};

  /**
   * The JSON Schema of a zod schema; what has an id in its metadata, or a name in `names.ts`, becomes a named component and a
   * reference to it. Where a schema differs between what is sent and what is answered, what is sent is named `…Input`.
   */
  convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _dialect,
      $defs = {},
      ...given
    } = z.toJSONSchema(schema, { io, override }) as JsonSchema;
    const definitions: Record<string, JsonSchema> = {};
    for (const [name, definition] of Object.entries($defs as Record<string, JsonSchema>)) {
      definitions[name] = extractNamed(definition, definitions);
    }
    const root = extractNamed(given, definitions);
    const names = new Map(Object.keys(definitions).map((name) => [name, name]));
    // Renaming one changes those that refer to it, so this goes on until nothing differs any more.
    for (let settled = false; !settled; ) {
      settled = true;
      for (const [name, given] of Object.entries(definitions)) {
        const taken = this.schemas[names.get(name) as string];
        if (taken === undefined || isDeepStrictEqual(taken, withRefs(given, names))) continue;
        if (names.get(name) !== name) throw new Error(`there are three variants of ${name}`);
        names.set(name, `${name}Input`);
        settled = false;
      }
    }
    for (const [name, given] of Object.entries(definitions)) {
      this.schemas[names.get(name) as string] = withRefs(given, names);
    }
    const result = withRefs(root, names);
    addMappings([result, this.schemas], this.schemas);
    return result;
  }

  /** Adds a named schema, once. */
  add(name: string, make: () => JsonSchema): JsonSchema {
    this.schemas[name] ??= make();
    return schemaRef(name);
  }

  /** The schema behind a reference, or the schema itself. */
  resolve(schema: JsonSchema): JsonSchema {
    const name = refName(schema);
    return name === undefined ? schema : (this.schemas[name] as JsonSchema);
  }
}

const override: NonNullable<z.core.ToJSONSchemaParams['override']> = ({ zodSchema, jsonSchema }) => {
  const { def } = zodSchema._zod;
  // Formats say it better than the patterns that zod derives from them.
  if (jsonSchema.format === 'uuid' || jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
    delete jsonSchema.maximum;
    // Without it generators take 32 bits.
    if (jsonSchema.type === 'integer') jsonSchema.format = 'int64';
  }
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  markNamed(zodSchema, jsonSchema);
  if (def.type === 'object') {
    // Answers may gain fields: only what is strict forbids others.
    const { catchall } = def as z.core.$ZodObjectDef;
    if (catchall?._zod.def.type !== 'never') delete jsonSchema.additionalProperties;
  }
  const discriminator = (def as { discriminator?: string }).discriminator;
  if (def.type === 'union' && discriminator !== undefined) {
    jsonSchema.discriminator = { propertyName: discriminator };
  }
};

/** Says which value of the discriminator means which named variant. */
function addMappings(schema: unknown, schemas: Readonly<Record<string, JsonSchema>>): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const inner of Object.values(schema)) addMappings(inner, schemas);
  const { discriminator, oneOf } = schema as { discriminator?: JsonSchema; oneOf?: JsonSchema[] };
  if (discriminator === undefined || !Array.isArray(oneOf)) return;
  const entries = oneOf.map((variant) => {
    const { properties } = schemas[refName(variant) ?? ''] as { properties: Record<string, JsonSchema> };
    return [properties[discriminator.propertyName as string]?.const, variant.$ref];
  });
  discriminator.mapping = Object.fromEntries(entries);
}

function withRefs(schema: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        if (key !== '$ref' || typeof inner !== 'string') return [key, walk(inner)];
        const name = inner.replace('#/$defs/', '');
        return [key, prefix + (names.get(name) ?? name)];
      }),
    );
  };
  return walk(schema) as JsonSchema;
}
