/**
 * The document from which the Kotlin client is made: `/openapi.json` and the events of `/ws`, said so that openapi-generator makes of it what
 * one would write by hand. Nothing is described here that is not in the contract.
 */
import { isDeepStrictEqual } from 'node:util';
import type { OpenApiDocument } from '../../../apps/api/src/openapi/document.ts';
import { eventSchemas } from './events.ts';
import { plainOperation } from './operations.ts';
import { nameOf, type Operation, type Schema, type Schemas } from './types.ts';
import { mergeChoices, sealPayloads, sealUnions } from './unions.ts';

/** For operators, and without the envelope. */
const leftOut = ['System'];

/** The generator's method would hold the whole file in memory: `Parley.kt` has one that does not. */
const redirect = '302';

/** What the client has beside what its methods take and give: the error is an exception's. */
const roots = ['ApiError', 'ServerEvent'];

/** Makes the client's document; the given one is left as it is. */
export function clientDocument(document: OpenApiDocument): OpenApiDocument {
  const given = structuredClone(document);
  const schemas = merged(given.components.schemas as Schemas, eventSchemas());
  const paths = plainPaths(given.paths as Record<string, Record<string, Operation>>, schemas);
  sealUnions(schemas);
  sealPayloads(schemas);
  mergeChoices(schemas);
  const plain = Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, plainSchema(schema)]),
  );
  const used = reachable([paths, ...roots.map((name) => plain[name])], plain, roots);
  return {
    openapi: given.openapi,
    info: { title: 'Parley', version: (given.info as { version: string }).version },
    servers: [{ url: '/' }],
    paths: paths as OpenApiDocument['paths'],
    components: { schemas: Object.fromEntries(Object.entries(plain).filter(([name]) => used.has(name))) },
  };
}

/** Errors: both have a schema of the same name, and it is not the same schema. */
function merged(all: Schemas, more: Schemas): Schemas {
  for (const [name, schema] of Object.entries(more)) {
    if (name in all && !isDeepStrictEqual(all[name], schema))
      throw new Error(`there are two schemas ${name}`);
  }
  return { ...all, ...more };
}

function plainPaths(paths: Record<string, Record<string, Operation>>, schemas: Schemas) {
  const kept: Record<string, Record<string, Operation>> = {};
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (operation.tags.some((tag) => leftOut.includes(tag)) || redirect in operation.responses) continue;
      kept[path] = { ...kept[path], [method]: plainOperation(operation, schemas) };
    }
  }
  return kept;
}

/** Enums of numbers are numbers: the generator would write them as text. Keys of maps are strings anyway. */
function plainSchema(schema: Schema): Schema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    const { propertyNames: _, ...node } = value as Schema;
    if (node.type === 'integer') delete node.enum;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(schema) as Schema;
}

/** Names of the schemas that are referred to from `from`, also through others. */
function reachable(from: unknown[], schemas: Schemas, found: string[]): Set<string> {
  const names = new Set(found);
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { discriminator } = value as { discriminator?: { mapping: Record<string, string> } };
    const targets = [
      value as Schema,
      ...Object.values(discriminator?.mapping ?? {}).map(($ref) => ({ $ref })),
    ];
    for (const name of targets.map(nameOf)) {
      if (name === undefined || names.has(name)) continue;
      names.add(name);
      walk(schemas[name]);
    }
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(from);
  return names;
}
