/**
 * Unions as Kotlin has them: a sealed class and its subclasses. The generator makes these of a parent with a discriminator to which the
 * variants refer by `allOf`, and leaves the discriminator to the serializer.
 */
import { named, nameOf, pascalCase, ref, type Schema, type Schemas } from './types.ts';

/** Unions of what a server sends: a newer one may send variants that this client does not know. */
const open = new Set(['MessagePayload', 'OwnChange', 'ServerEvent']);

/** Turns every `oneOf` with a discriminator into a parent and its children. */
export function sealUnions(schemas: Schemas): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const { discriminator, oneOf } = schema as { discriminator?: Discriminator; oneOf?: Schema[] };
    if (discriminator === undefined || oneOf === undefined) continue;
    const variants = Object.entries(discriminator.mapping).map(([value, to]) => [
      value,
      nameOf({ $ref: to }) ?? '',
    ]);
    seal(schemas, name, discriminator.propertyName, Object.fromEntries(variants));
  }
}

interface Discriminator {
  propertyName: string;
  mapping: Record<string, string>;
}

/**
 * A message's payload has no discriminator of its own: the message's `type` is. The client puts it into the payload before it reads it (see
 * `ParleyJson.kt`).
 */
export function sealPayloads(schemas: Schemas): void {
  const types = named(schemas, 'MessageType').enum as string[];
  const variants = Object.fromEntries(types.map((type) => [type, `${pascalCase(type)}Payload`]));
  seal(schemas, 'MessagePayload', 'type', { ...variants, deleted: 'DeletedPayload' });
}

/** Makes a sealed class. `variants`: names of schemas by the discriminator's value. */
export function seal(
  schemas: Schemas,
  parent: string,
  propertyName: string,
  variants: Record<string, string>,
): void {
  const all = open.has(parent) ? { ...variants, unknown: unknownOf(parent) } : variants;
  if (open.has(parent)) {
    schemas[unknownOf(parent)] = { type: 'object', description: 'What this client does not know yet' };
  }
  for (const child of Object.values(all)) {
    const { description, ...own } = without(named(schemas, child), propertyName);
    schemas[child] = {
      ...(description === undefined ? {} : { description }),
      allOf: [ref(parent), ...(Object.keys(own.properties ?? {}).length > 0 ? [own] : [])],
    };
  }
  const { description } = schemas[parent] ?? {};
  schemas[parent] = {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: { [propertyName]: { type: 'string' } },
    required: [propertyName],
    discriminator: {
      propertyName,
      mapping: Object.fromEntries(Object.entries(all).map(([value, child]) => [value, ref(child).$ref])),
    },
  };
}

/** E.g. `UnknownChange` of `OwnChange`. */
function unknownOf(parent: string): string {
  return `Unknown${parent.match(/[A-Z][a-z]+$/)?.[0] ?? parent}`;
}

/** The schema of an object without one of its properties. */
export function without(schema: Schema, name: string): Schema & { properties?: Schema } {
  const { properties, required, ...rest } = schema as { properties?: Schema; required?: string[] };
  const { [name]: _, ...left } = properties ?? {};
  const stillRequired = (required ?? []).filter((key) => key !== name);
  return { ...rest, properties: left, ...(stillRequired.length > 0 ? { required: stillRequired } : {}) };
}

/** An `anyOf` of objects, such as what an edit replaces, becomes one object of whose fields some are given. */
export function mergeChoices(schemas: Schemas): void {
  for (const [name, { anyOf, ...rest }] of Object.entries(schemas)) {
    if (!Array.isArray(anyOf)) continue;
    const variants = (anyOf as Schema[]).map((variant) => named(schemas, nameOf(variant) ?? ''));
    const properties = Object.assign({}, ...variants.map((variant) => variant.properties));
    schemas[name] = { ...rest, type: 'object', properties };
  }
}
